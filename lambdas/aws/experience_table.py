"""What checks have shown, in the table: one small item of counts for each kind of order.

`rs:1-3+` is how many orders were offered at a check 3 days after their window opened, having
not been at day 1: r(ecent) or p(ast), the basis, the two days, + for offered and ~ for not.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

from lambdas.aws.errors import error_code, translated
from lambdas.aws.items import (
    EXPERIENCE_SORT_KEY,
    Item,
    from_attributes,
    to_attributes,
)
from lambdas.core.eligibility import BEFORE_THE_FIRST, EDGES, Counts, Step
from lambdas.core.experience import Experience, Lesson, lesson_step

# Of a kind that was not checked for so long, nothing is worth knowing.
_KEPT_FOR = timedelta(days=400)

_RECENT, _PAST = "r", "p"
_HIT, _MISS = "+", "~"
_COUNT = re.compile(r"([rp])([a-z0-9]+):([0-9.]*)-([0-9.]+)([+~])", re.ASCII)
_HUNDREDTHS = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Kind:
    """Orders that are likely to be delivered alike."""

    seller_id: str
    marketplace_id: str
    fulfillment_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The counts of one kind by basis, and how many checks have ever been counted."""

    experience: Mapping[str, Experience]
    checks: int = 0


class ExperienceTable:
    """Reads the counts, adds to them, and folds them now and then.

    Raises AwsUnavailableError and AwsRefusedError for DynamoDB's troubles.
    """

    def __init__(self, client: Any, table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def get(self, kind: Kind) -> Seen:
        """The counts, as they were a moment ago; what cannot be read in them is left out."""
        with translated("dynamodb:GetItem"):
            answer = self._client.get_item(TableName=self._table_name, Key=_key(kind))
        return _seen(from_attributes(answer.get("Item", {})))

    def add(self, kind: Kind, lessons: Iterable[Lesson], *, now: datetime) -> None:
        """Count these checks, in one write that no other can disturb."""
        counted: dict[str, int] = defaultdict(int)
        for lesson in lessons:
            answer = _HIT if lesson.offered else _MISS
            counted[_name(_RECENT, lesson.basis, lesson.step, answer)] += 1
        names = {f"#n{number}": name for number, name in enumerate(counted)}
        values = {f":n{number}": count for number, count in enumerate(counted.values())}
        additions = ", ".join(f"#n{number} :n{number}" for number in range(len(counted)))
        with translated("dynamodb:UpdateItem"):
            self._client.update_item(
                TableName=self._table_name,
                Key=_key(kind),
                UpdateExpression=f"ADD checks :all, {additions} SET expires_at = :expires_at",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=to_attributes(
                    {
                        **values,
                        ":all": sum(counted.values()),
                        ":expires_at": int((now + _KEPT_FOR).timestamp()),
                    }
                ),
            )

    def replace(self, kind: Kind, seen: Seen, *, now: datetime) -> None:
        """Write these counts instead of those they were computed from.

        If a check was counted since, nothing is written: it is tried again another time.
        """
        item = {
            **from_attributes(_key(kind)),
            "checks": seen.checks,
            "expires_at": int((now + _KEPT_FOR).timestamp()),
            **_counts(seen.experience),
        }
        with translated("dynamodb:PutItem"):
            try:
                self._client.put_item(
                    TableName=self._table_name,
                    Item=to_attributes(item),
                    ConditionExpression="checks = :checks",
                    ExpressionAttributeValues=to_attributes({":checks": seen.checks}),
                )
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise


def _counts(experience: Mapping[str, Experience]) -> Item:
    return {
        _name(part, basis, step, answer): Decimal(number).quantize(_HUNDREDTHS)
        for basis, each in experience.items()
        for part, counts in ((_RECENT, each.recent), (_PAST, each.past))
        for step, answers in counts.items()
        for answer, number in zip((_HIT, _MISS), answers, strict=True)
        if number
    }


def _seen(item: Item) -> Seen:
    found: dict[tuple[str, str], dict[Step, list[float]]] = defaultdict(dict)
    for name, number in item.items():
        if (count := _COUNT.fullmatch(name)) and isinstance(number, Decimal):
            part, basis, before, at, answer = count.groups()
            step = lesson_step(float(before) if before else None, float(at))
            if step:
                answers = found[basis, part].setdefault(step, [0.0, 0.0])
                answers[answer == _MISS] += float(number)
    return Seen(
        checks=int(item.get("checks", 0)),
        experience={
            basis: Experience(
                recent=_as_counts(found[basis, _RECENT]), past=_as_counts(found[basis, _PAST])
            )
            for basis in {basis for basis, _ in found}
        },
    )


def _as_counts(found: Mapping[Step, list[float]]) -> Counts:
    return {step: (hits, misses) for step, (hits, misses) in found.items()}


def _name(part: str, basis: str, step: Step, answer: str) -> str:
    after, at = step
    before = "" if after == BEFORE_THE_FIRST else f"{EDGES[after]:g}"
    return f"{part}{basis}:{before}-{EDGES[at]:g}{answer}"


def _key(kind: Kind) -> Item:
    sort_key = f"{EXPERIENCE_SORT_KEY}#{kind.marketplace_id}#{kind.fulfillment_type}"
    return to_attributes({"seller_id": kind.seller_id, "amazon_order_id": sort_key})
