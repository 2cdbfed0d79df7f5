"""How IAM weighs policies, as far as a missing grant shows ("Policy evaluation logic", IAM)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

Statement = Mapping[str, Any]


def statements_of(document: str | Mapping[str, Any]) -> Iterator[Statement]:
    policy = json.loads(document) if isinstance(document, str) else document
    yield from _listed(policy["Statement"])


def is_allowed(
    statements: Iterable[Statement],
    action: str,
    resource: str,
    *,
    principal: str | None = None,
    source: str = "",
) -> bool:
    """An explicit deny ends it, and without an allow it is denied.

    The principal (an ARN or a service) counts in policies of resources and in trusts, the source
    is what the service acts for. Of the conditions only `aws:SourceArn` is weighed: any other is
    taken as met where a statement allows, and as not met where it denies.
    """
    effects = {
        statement["Effect"]
        for statement in statements
        if _matches_any(statement["Action"], action.lower(), lower=True)
        and (resource == "*" or _matches_any(statement.get("Resource", "*"), resource))
        and (principal is None or _names(statement["Principal"], principal))
        and _conditions_are_met(statement, source)
    }
    return effects == {"Allow"}


def _names(named: str | Mapping[str, Any], principal: str) -> bool:
    if named == "*" or isinstance(named, str):
        return named in ("*", principal)
    names = [name for kind in named.values() for name in _listed(kind)]
    return "*" in names or principal in names


def _conditions_are_met(statement: Statement, source: str) -> bool:
    for operator in statement.get("Condition", {}).values():
        for key, values in operator.items():
            if key.lower() == "aws:sourcearn":
                if not _matches_any(values, source):
                    return False
            elif statement["Effect"] == "Deny":
                return False
    return True


def _matches_any(patterns: Any, value: str, *, lower: bool = False) -> bool:
    return any(
        _expression(pattern.lower() if lower else pattern).fullmatch(value)
        for pattern in _listed(patterns)
    )


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    wild = {"*": ".*", "?": "."}
    return re.compile("".join(wild.get(one) or re.escape(one) for one in pattern))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
