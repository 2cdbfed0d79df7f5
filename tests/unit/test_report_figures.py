import re
from datetime import date, datetime, timedelta
from typing import Any

from lambdas.core.marketplaces import Region
from lambdas.core.solicitation import Check, Solicitation, Status
from ops.report.charts import Mark, columns, grid_values
from ops.report.figures import HELD_SHOWN, Figures, Stage, figures
from ops.report.tiles import tiles
from tests.records import WINDOW, solicitation

DAY = timedelta(days=1)
NOW = WINDOW.opens_at + 10 * DAY


def checks(*answers: str) -> tuple[Check, ...]:
    return tuple(
        Check(at=WINDOW.opens_at + n * DAY, answer=answer) for n, answer in enumerate(answers)
    )


def sent(after: timedelta, *answers: str, **more: Any) -> Solicitation:
    return solicitation(
        status=Status.SENT,
        reason="sent",
        sent_at=WINDOW.opens_at + after,
        checks=checks(*answers),
        **more,
    )


def counted(*orders: Solicitation, now: datetime = NOW) -> Figures:
    return figures(iter(orders), now=now)


def test_outcomes_are_counted_by_seller_region_and_state() -> None:
    found = counted(
        solicitation(),
        solicitation(),
        solicitation(seller_id="B", region=Region.EU, status=Status.EXPIRED),
    )

    assert found.orders == 3
    assert found.by_seller == {
        ("A1DAYFIVENA001", Region.NA): {Status.WAITING: 2},
        ("B", Region.EU): {Status.EXPIRED: 1},
    }


def test_each_request_is_counted_on_its_day_with_its_delay_and_checks() -> None:
    found = counted(
        sent(timedelta(), "offered"),
        sent(0.5 * DAY, "offered"),
        sent(3 * DAY, "not_offered", "not_offered", "offered"),
    )

    assert found.asked_on == {date(2026, 3, 10): 2, date(2026, 3, 13): 1}
    assert found.delays == [0, 0.5, 3]
    assert found.delay_median == 0.5
    assert found.checks_per_solicitation == 5 / 3


def test_an_unconfirmed_request_is_in_no_day_but_in_the_funnel() -> None:
    found = counted(solicitation(status=Status.SENT_UNCONFIRMED, checks=checks("offered")))

    assert found.asked_on == {}
    assert found.stages[Stage.ASKED] == 1


def test_each_stage_of_the_funnel_is_within_the_one_before() -> None:
    found = counted(
        solicitation(news=None, status=Status.CANCELED),
        solicitation(status=Status.SKIPPED),
        solicitation(),
        solicitation(checks=checks("not_offered")),
        solicitation(checks=checks("not_offered", "offered"), would_send_at=NOW),
        sent(DAY, "offered"),
    )
    before = counted(solicitation(), now=WINDOW.opens_at - DAY)

    assert [found.stages[stage] for stage in Stage] == [5, 4, 4, 3, 2, 1]
    assert [before.stages[stage] for stage in Stage] == [1, 1, 0, 0, 0, 0]


def test_what_is_to_come_is_counted_by_the_day_it_is_due() -> None:
    found = counted(
        solicitation(due_at=NOW + DAY),
        solicitation(due_at=NOW - DAY),
        solicitation(status=Status.HELD, due_at=NOW + DAY),
        solicitation(status=Status.EXPIRED, due_at=NOW + DAY),
    )

    assert found.due_on == {(NOW + DAY).date(): 1, (NOW - DAY).date(): 1}
    assert found.overdue == 1


def test_of_many_held_orders_the_soonest_to_close_are_kept() -> None:
    orders = [
        solicitation(
            status=Status.HELD,
            window=type(WINDOW)(opens_at=WINDOW.opens_at, closes_at=NOW + n * DAY),
        )
        for n in range(50, 0, -1)
    ]

    found = counted(*orders)

    assert len(found.held) == HELD_SHOWN
    assert [each.closes_at for each in found.held[:2]] == [NOW + DAY, NOW + 2 * DAY]


def test_shares_say_all_or_nothing_only_when_it_is_so() -> None:
    def share(asked: int, offered: int) -> str:
        found = Figures(made_at=NOW)
        found.stages.update({Stage.ASKED: asked, Stage.OFFERED: offered})
        return next(t.value for t in tiles(found) if t.name == "Asked of those offered")

    assert [share(0, 0), share(0, 9), share(5, 5)] == ["\u2013", "0.0%", "100%"]
    assert [share(99_999, 100_000), share(1, 100_000), share(1, 3)] == ["99.9%", "0.1%", "33.3%"]


def test_the_axis_is_named_shortly_and_has_room_for_its_longest_name() -> None:
    drawn = columns("Checks", [Mark(name="1", value=1_000_000)], ticks=[0])

    assert re.findall(r">(\w+)</text>", drawn)[:-1] == ["0", "200k", "400k", "600k", "800k", "1M"]
    assert min(float(x) for x in re.findall(r'class="axis" x="([\d.]+)"', drawn)) >= 28


def test_the_grid_is_round_and_reaches_the_most() -> None:
    assert grid_values(0) == [0, 1]
    assert grid_values(27) == [0, 10, 20, 30]
    assert grid_values(93) == [0, 20, 40, 60, 80, 100]
    for most in range(1, 5000, 7):
        grid = grid_values(most)
        assert grid[-2] < most <= grid[-1]
        assert len(grid) <= 6
