"""The actions that Solicitations and Messaging list for an order, in their dialect of HAL."""

from collections.abc import Mapping
from itertools import chain
from typing import Any

from lambdas.spapi.operation import Reply


def actions_in(reply: Reply) -> frozenset[str]:
    """The names of the actions that can be taken; raises where the answer cannot be read.

    The shapes are those of solicitations.json and messaging.json in
    amzn/selling-partner-api-models.
    """
    offered = _offered(reply.payload)
    if offered is None or (not offered and reply.payload.get("errors")):
        raise reply.unreadable()
    return offered - _disabled(reply.payload)


def _offered(payload: Mapping[str, Any]) -> frozenset[str] | None:
    """The names among the links, or None: what is unreadable must not look like "not offered"."""
    actions = _at(payload, "_links", "actions")
    if not isinstance(actions, list):
        return None
    names = [_names(action) for action in actions]
    return frozenset(chain.from_iterable(names)) if all(names) else None


def _disabled(payload: Mapping[str, Any]) -> frozenset[str]:
    # Seen in the Messaging API: an action is listed, and its schema says it is disabled.
    found: set[str] = set()
    actions = _at(payload, "_embedded", "actions")
    for action in actions if isinstance(actions, list) else []:
        schema = _at(action, "_embedded", "schema")
        if _at(schema, "disabled") is True:
            links = (_at(action, "_links", "self"), _at(action, "_links", "schema"))
            found |= _names(action).union(_names(schema), *map(_names, links))
    return frozenset(found)


def _names(link: object) -> set[str]:
    """A link's name, and what its href ends with; the model's prose has a longer name."""
    name, href = _at(link, "name"), _at(link, "href")
    path = href.partition("?")[0].rstrip("/") if isinstance(href, str) else ""
    names = {name if isinstance(name, str) else "", path.rpartition("/")[2]} - {""}
    return {found.removesuffix("Solicitation") for found in names}


def _at(value: object, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
