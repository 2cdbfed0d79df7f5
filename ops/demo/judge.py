"""Judges the five promises on Amazon's own ledger of calls, not on what DayFive recorded."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ops.demo.canaries import Canaries
from ops.demo.windows import Windows
from ops.simulator.ledger import LedgerEntry
from ops.simulator.operations import CREATE_SOLICITATION, GET_ACTIONS

FRESH = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One promise: how many times it was put to the test, and what broke it."""

    promise: str
    meaning: str
    tested: int
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the run left behind."""

    ledger: Sequence[LedgerEntry]
    windows: Windows
    records: Mapping[str, Mapping[str, Any]]
    canaries: Canaries
    dead_letters: Mapping[str, int]
    dead_letters_expected: Mapping[str, int]
    live_from: datetime


def judge(evidence: Evidence) -> list[Verdict]:
    """The five promises, in the order in which they are made."""
    return [
        _never_twice(evidence),
        _never_lost(evidence),
        _never_outside(evidence),
        _nothing_private(evidence),
        _nothing_selective(evidence),
    ]


def _never_twice(evidence: Evidence) -> Verdict:
    by_order: dict[str, list[LedgerEntry]] = defaultdict(list)
    for entry in evidence.ledger:
        if entry.amazon_order_id:
            by_order[entry.amazon_order_id].append(entry)
    broken = []
    for order_id, entries in by_order.items():
        if sum(entry.accepted for entry in entries) > 1:
            broken.append(f"{order_id} was asked twice")
        broken += [f"{order_id}: {fault}" for fault in _unfounded_creates(entries)]
    return Verdict(
        promise="Never twice",
        meaning="each create call: after a fresh offer and no success",
        tested=sum(entry.operation == CREATE_SOLICITATION for entry in evidence.ledger),
        broken=tuple(broken),
    )


def _unfounded_creates(entries: list[LedgerEntry]) -> list[str]:
    offered_at: datetime | None = None
    sent, faults = False, []
    for entry in entries:
        if entry.operation == GET_ACTIONS and entry.status == 200:
            offered_at = entry.at if entry.offered else None
        elif entry.operation == CREATE_SOLICITATION:
            if offered_at is None or entry.at - offered_at > FRESH:
                faults.append("a create call without a fresh offer")
            if sent:
                faults.append("a create call after a success")
            sent = sent or entry.status == 201
            offered_at = None
    return faults


def _never_lost(evidence: Evidence) -> Verdict:
    broken = []
    for order_id in sorted(evidence.windows.shipped_orders):
        record = evidence.records.get(order_id)
        if record is None:
            broken.append(f"{order_id} was announced as shipped and is not on record")
        elif "open_key" in record:
            broken.append(f"{order_id} is still {record['status']} after its window")
    for queue, count in evidence.dead_letters.items():
        if count != evidence.dead_letters_expected.get(queue, 0):
            broken.append(f"{queue} holds {count} messages")
    return Verdict(
        promise="Never lost",
        meaning="each shipped order: on record, ended; no stray dead letter",
        tested=len(evidence.windows.shipped_orders),
        broken=tuple(broken),
    )


def _never_outside(evidence: Evidence) -> Verdict:
    calls = [
        entry
        for entry in evidence.ledger
        if entry.operation in {GET_ACTIONS, CREATE_SOLICITATION} and entry.amazon_order_id
    ]
    broken = [
        f"{entry.amazon_order_id}: {entry.operation} at {entry.at:%Y-%m-%d %H:%M:%S}"
        for entry in calls
        if not evidence.windows.allows(str(entry.amazon_order_id), entry.at)
    ]
    return Verdict(
        promise="Never outside the window",
        meaning="each call: from earliest + 5 days to latest + 30 days",
        tested=len(calls),
        broken=tuple(broken),
    )


def _nothing_private(evidence: Evidence) -> Verdict:
    found = evidence.canaries.found.items()
    return Verdict(
        promise="Nothing private kept",
        meaning="each log line, table item and AWS request looked through",
        tested=evidence.canaries.looked_at,
        broken=tuple(f"{where}: {count} times" for where, count in sorted(found)),
    )


def _nothing_selective(evidence: Evidence) -> Verdict:
    """Whoever Amazon offered to a live seller was asked: no rule of ours chose among them."""
    created = {e.amazon_order_id for e in evidence.ledger if e.operation == CREATE_SOLICITATION}
    offered = {
        e.amazon_order_id for e in evidence.ledger if e.offered and e.at > evidence.live_from
    }
    return Verdict(
        promise="Nothing selective",
        meaning="each order that Amazon offered: asked",
        tested=len(offered),
        broken=tuple(
            f"{order} was offered and not asked" for order in sorted(offered - created, key=str)
        ),
    )
