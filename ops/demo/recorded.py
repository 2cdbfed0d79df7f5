"""A user's own notifications instead of the demo's: the messages are real, Amazon's side is not."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lambdas.core.delivery import delivery_news, estimate_delivery
from lambdas.core.marketplaces import Region, region_of
from lambdas.core.order_change import (
    MalformedNotificationError,
    OrderChange,
    parse_notification,
)
from lambdas.core.policy import Policy
from ops.demo.stage import Stage, register
from ops.demo.story import Ending, conclude
from ops.errors import OperatorError
from ops.simulator.orders import SimulatedOrder
from ops.simulator.population import Seller


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The lines of a file, and what could be read of them."""

    lines: tuple[str, ...]
    changes: tuple[OrderChange, ...]
    malformed: int

    @property
    def start(self) -> datetime:
        """When the first event took place."""
        return min(change.changed_at for change in self.changes)

    @property
    def sellers(self) -> dict[Seller, list[str]]:
        """The sellers and their subscription ids, as they are found in the messages."""
        found: dict[Seller, list[str]] = {}
        for change in self.changes:
            region = region_of(change.marketplace_id) or Region.NA
            ids = found.setdefault(Seller(seller_id=change.seller_id, region=region), [])
            if change.subscription_id not in ids:
                ids.append(change.subscription_id)
        return found


def read_recording(path: Path) -> Recording:
    """Read JSON Lines, one notification a line. Raises OperatorError where there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise OperatorError(f"{path} is not UTF-8 text") from None
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}") from None
    lines = _one_a_line(text)
    changes, malformed = [], 0
    for line in lines:
        try:
            change = parse_notification(line)
        except MalformedNotificationError:
            malformed += 1
        else:
            changes += [change] if isinstance(change, OrderChange) else []
    if not changes:
        raise OperatorError(
            f"{path} has no ORDER_CHANGE notification: it takes one JSON object a line,"
            " as they lie on the queue"
        )
    return Recording(lines=tuple(lines), changes=tuple(changes), malformed=malformed)


def replay(set_stage: Stage, recording: Recording, on_day: Callable[[datetime], None]) -> Ending:
    """Register the sellers found, play the messages at their times, and judge."""
    _register(set_stage, recording)
    for order in _invented_orders(recording):
        set_stage.simulator.add_order(order)
    last = recording.start
    for line in recording.lines:
        last = max(last, _time_of(line) or last)
        set_stage.deliver(last, line)
    set_stage.run_to_the_end(last + timedelta(hours=6), on_day)
    return conclude(set_stage, live_from=recording.start, refused=recording.malformed)


def _register(set_stage: Stage, recording: Recording) -> None:
    for seller, subscription_ids in recording.sellers.items():
        register(seller, subscription_ids, now=set_stage.cloud.now)


def _invented_orders(recording: Recording) -> list[SimulatedOrder]:
    """Amazon's side: each parcel is taken to arrive in the middle of what is believed of it."""
    orders: dict[str, SimulatedOrder] = {}
    for change in recording.changes:
        if change.order_status == "Shipped":
            news = delivery_news(change, news_at=change.changed_at)
            estimate = estimate_delivery(news, now=change.changed_at, policy=Policy())
            orders[change.amazon_order_id] = SimulatedOrder(
                amazon_order_id=change.amazon_order_id,
                seller_id=change.seller_id,
                marketplace_id=change.marketplace_id,
                shipped_at=news.shipped_at,
                delivered_at=estimate.earliest + (estimate.latest - estimate.earliest) / 3,
            )
    return list(orders.values())


def _one_a_line(text: str) -> list[str]:
    """JSON Lines; a file that is one JSON document (as an example often is) is one line."""
    try:
        whole = json.loads(text)
    except ValueError:
        return [line for line in text.splitlines() if line.strip()]
    return [json.dumps(each) for each in whole] if isinstance(whole, list) else [json.dumps(whole)]


def _time_of(line: str) -> datetime | None:
    try:
        change = parse_notification(line)
    except MalformedNotificationError:
        return None
    return change.changed_at.astimezone(UTC) if isinstance(change, OrderChange) else None
