"""Looks for what must never leave its place: in logs, metrics, the table and every AWS call."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from ops.local_cloud.calls import Call, Phase

# How Amazon's access and refresh tokens begin, whoever made them.
_TOKEN_MARKS = ("Atza|", "Atzr|")


class Canaries:
    """Counts the texts that were looked through, and where something private was found."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._marks = (*_TOKEN_MARKS, *secrets)
        self.looked_at = 0
        self.found: Counter[str] = Counter()

    def look(self, where: str, text: str) -> None:
        self.looked_at += 1
        if any(mark in text for mark in self._marks):
            self.found[where] += 1

    def on_call(self, call: Call) -> None:
        """A hook of the local cloud: what a function is about to send to AWS."""
        if call.phase is Phase.BEFORE:
            self.look(f"{call.service} {call.operation}", json.dumps(call.parameters, default=str))

    def look_at_items(self, items: Iterable[dict[str, Any]]) -> None:
        for item in items:
            self.look("table", json.dumps(item, default=str))
