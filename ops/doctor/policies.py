"""Whether a resource's policy lets Amazon in, as far as the policy alone tells."""

import json
import re
from collections.abc import Mapping
from typing import Any

# "Grant Selling Partner API permission to write to your SQS queue", Notifications API v1
SP_API_ACCOUNT = "437568002678"
_ROOT = f"arn:aws:iam::{SP_API_ACCOUNT}:root"

_WILD = {"*": ".*", "?": "."}


def refused_actions(document: str, actions: tuple[str, ...]) -> list[str]:
    """The actions that this policy does not allow SP-API's account.

    A denial under a condition (DayFive's own denies what comes without TLS) does not count, nor
    does a permission under one: whether it holds for Amazon cannot be seen from here.
    """
    listed = json.loads(document).get("Statement", [])
    statements = listed if isinstance(listed, list) else [listed]
    return [action for action in actions if not _allows(statements, action)]


def _allows(statements: list[Mapping[str, Any]], action: str) -> bool:
    effects = {
        statement.get("Effect")
        for statement in statements
        if _names_sp_api(statement.get("Principal"))
        and _matches(statement.get("Action", ()), action)
        and not statement.get("Condition")
    }
    return effects == {"Allow"}


def _names_sp_api(principal: object) -> bool:
    names = principal.get("AWS", ()) if isinstance(principal, dict) else principal
    listed = names if isinstance(names, list) else [names]
    return any(each in ("*", SP_API_ACCOUNT, _ROOT) for each in listed)


def _matches(patterns: object, action: str) -> bool:
    listed = [patterns] if isinstance(patterns, str) else patterns
    return isinstance(listed, list | tuple) and any(
        re.fullmatch("".join(_WILD.get(one) or re.escape(one) for one in each), action, re.I)
        for each in listed
    )
