"""Many invented orders on the crash sweep's stage, with all that usually goes wrong with news."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from ops.demo.figures import Figures, figures
from ops.demo.judge import Evidence, judge
from ops.demo.windows import Windows
from ops.simulator.feed import feed
from ops.simulator.ledger import LedgerEntry
from ops.simulator.notices import SubscriptionIds
from ops.simulator.operations import CREATE_SOLICITATION, GET_ACTIONS
from ops.simulator.population import population
from ops.sweep.stage import SELLER, SUBSCRIPTION, Stage

# News may be on its way through the queue when a call is made.
_SETTLES = timedelta(minutes=10)
_IDS = SubscriptionIds("amzn1.sp.solution.5d5d5d5d-0000-4000-8000-000000000001", SUBSCRIPTION)


class Crowd:
    """The orders of some days; `run` plays them to the end of the last one."""

    def __init__(self, stage: Stage, *, orders: int, days: float, seed: int) -> None:
        self.stage, self.cloud, self.simulator = stage, stage.cloud, stage.simulator
        self.delivered: list[tuple[datetime, str]] = []
        invented = population(
            seed=seed, orders=orders, days=days, start=stage.start, sellers=[SELLER]
        )
        for order in invented.orders:
            self.simulator.add_order(order.simulated)
        messages = feed(invented, {(SELLER.seller_id, SELLER.region): _IDS})
        for message in messages:
            self._deliver(message.at, message.body)

    def _deliver(self, at: datetime, body: str) -> None:
        at = max(at, self.cloud.now)
        self.stage.busy_until = max(self.stage.busy_until, at)
        self.cloud.at(at, lambda: self._deliver_now(body))

    def _deliver_now(self, body: str) -> None:
        self.delivered.append((self.cloud.now, body))
        self.cloud.send(self.cloud.outputs["OrderChangeQueueUrl"], body)

    def run(self) -> dict[str, tuple[str, ...]]:
        """To the end of the last order; gives the promises that were broken, and how."""
        assert self.stage.run_to_the_end()
        self.stage.look_for_canaries()
        verdicts = judge(
            Evidence(
                ledger=self.simulator.ledger,
                windows=self.windows,
                records=self.records(),
                canaries=self.stage.canaries,
                dead_letters=self.dead_letters(),
                dead_letters_expected={},
                live_from=self.stage.start,
            )
        )
        assert all(verdict.tested for verdict in verdicts)
        assert self.figures.plan_refusals * 1000 < self.figures.plan_calls
        return {verdict.promise: verdict.broken for verdict in verdicts if verdict.broken}

    @property
    def windows(self) -> Windows:
        return Windows(self.delivered)

    @property
    def figures(self) -> Figures:
        return figures(self, self.windows, simulated_days=0)  # type: ignore[arg-type]

    @property
    def calls(self) -> Iterator[LedgerEntry]:
        """The calls about orders."""
        operations = {GET_ACTIONS, CREATE_SOLICITATION}
        return (entry for entry in self.simulator.ledger if entry.operation in operations)

    def first_calls(self) -> Iterable[LedgerEntry]:
        """The first call about each order."""
        return {call.amazon_order_id: call for call in reversed(list(self.calls))}.values()

    def windows_at(self, call: LedgerEntry) -> list[tuple[datetime, datetime]]:
        """The windows that were in force at this call or a moment before it."""
        order_id, windows = str(call.amazon_order_id), self.windows
        found = [windows.window(order_id, at) for at in (call.at, call.at - _SETTLES)]
        return [window for window in found if window]

    def ends(self) -> dict[str, str]:
        return {order_id: str(record["status"]) for order_id, record in self.records().items()}

    def records(self) -> dict[str, dict[str, object]]:
        return self.stage.records()

    def dead_letters(self) -> dict[str, int]:
        """All but what nobody can read, of which the feed has some: it ends with its retention."""
        return {**self.stage.dead_letters(), "OrderChangeDlq": 0}
