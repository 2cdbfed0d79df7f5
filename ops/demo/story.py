"""The demo's story: two sellers, a fortnight of orders, and all that usually goes wrong."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lambdas.core.marketplaces import Region
from ops.demo.figures import Figures, figures
from ops.demo.judge import Evidence, Verdict, judge
from ops.demo.stage import Stage, stage
from ops.demo.windows import Windows
from ops.simulator.faults import Fault, FaultKind
from ops.simulator.feed import feed
from ops.simulator.messages import Message, MessageKind
from ops.simulator.operations import CREATE_SOLICITATION
from ops.simulator.population import Population, Seller, population

SELLERS = (
    Seller(seller_id="A1DAYFIVENA001", region=Region.NA),
    Seller(seller_id="A1DAYFIVEEU001", region=Region.EU),
)
NEWCOMER = Seller(seller_id="A1DAYFIVEFE001", region=Region.FE)
"""Has authorised the application, and nobody has connected it."""
START = datetime(2026, 3, 2, tzinfo=UTC)
_FIRST_PARCELS = timedelta(days=3)

# Long enough for the first to be asked, and short enough for the last to be still waiting.
_KEPT_AFTER_LAST_PARCEL = timedelta(days=4, hours=9)

# Shipped before anybody was connected: for the Orders API, and so for `dayfive backfill`.
_PAST_SHARE = 0.2
_PAST_DAYS = 24.0
_REFUSED = frozenset({MessageKind.NOT_JSON, MessageKind.MISSING_FIELD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What a run came to."""

    figures: Figures
    verdicts: list[Verdict]

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        return not any(verdict.broken for verdict in self.verdicts)


@contextmanager
def demo_stage(seed: int) -> Iterator[Stage]:
    """The stage with the demo's sellers at Amazon, none of them connected yet."""
    with stage(start=START, seed=seed, sellers=(*SELLERS, NEWCOMER)) as set_stage:
        yield set_stage


def play(
    set_stage: Stage, *, orders: int, days: float, seed: int, on_day: Callable[[datetime], None]
) -> Ending:
    """Ship the orders, move time until the last has ended, and judge. Sellers are connected."""
    messages = _ship(set_stage, orders=orders, days=days, seed=seed)
    until = max((message.at for message in messages), default=START)
    live_from = set_stage.cloud.now
    set_stage.run_to_the_end(until, on_day)
    refused = sum(message.kind in _REFUSED for message in messages)
    return conclude(set_stage, live_from=live_from, refused=refused)


def play_part_way(
    set_stage: Stage, *, orders: int, days: float, seed: int, on_day: Callable[[datetime], None]
) -> None:
    """Ship the orders, and stop a few days after the last: some asked, some waiting, some due.

    Of further orders, which shipped before, only Amazon knows.
    """
    _ship(set_stage, orders=orders, days=days, seed=seed)
    past = population(
        seed=~seed,
        orders=math.ceil(orders * _PAST_SHARE),
        days=_PAST_DAYS - 1,
        start=START - timedelta(days=_PAST_DAYS),
        sellers=SELLERS,
    )
    for order in past.orders:
        set_stage.simulator.add_order(order.simulated)
    end = START + _FIRST_PARCELS + timedelta(days=days) + _KEPT_AFTER_LAST_PARCEL
    set_stage.run_days((end - set_stage.cloud.now) / timedelta(days=1), on_day)


def _ship(set_stage: Stage, *, orders: int, days: float, seed: int) -> list[Message]:
    invented = population(
        seed=seed, orders=orders, days=days, start=START + _FIRST_PARCELS, sellers=SELLERS
    )
    _tell_amazon(set_stage, invented, seed)
    messages = feed(invented, set_stage.simulator.notifications.ids_by_seller())
    for message in messages:
        set_stage.deliver(message.at, message.body)
    return messages


def conclude(set_stage: Stage, *, live_from: datetime, refused: int) -> Ending:
    """Judge a run that is over; `refused` messages were meant to end as dead letters."""
    set_stage.look_for_canaries()
    windows = Windows(set_stage.delivered)
    evidence = Evidence(
        ledger=set_stage.simulator.ledger,
        windows=windows,
        records=set_stage.records(),
        canaries=set_stage.canaries,
        dead_letters=set_stage.dead_letters(),
        dead_letters_expected={"OrderChangeDlq": refused},
        live_from=live_from,
    )
    simulated_days = (set_stage.cloud.now - set_stage.start) / timedelta(days=1)
    return Ending(
        figures=figures(set_stage, windows, simulated_days=simulated_days),
        verdicts=judge(evidence),
    )


def _tell_amazon(set_stage: Stage, invented: Population, seed: int) -> None:
    """Amazon's side of the story: the orders, and the trouble of two months."""
    for order in invented.orders:
        set_stage.simulator.add_order(order.simulated)
    outage = START + timedelta(days=14, hours=9)
    set_stage.simulator.faults = [
        Fault(
            kind=FaultKind.ERROR,
            start=outage,
            end=outage + timedelta(hours=6),
            status=503,
            html=bool(seed % 2),
        ),
        Fault(kind=FaultKind.THROTTLE, rate=0.005),
        Fault(kind=FaultKind.DROP, rate=0.005),
        Fault(kind=FaultKind.LOST_ANSWER, rate=0.005, operation=CREATE_SOLICITATION),
    ]
