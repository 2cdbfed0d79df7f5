"""`dayfive forecast`: what will be sent and when, and what that takes of plan and money."""

from datetime import UTC, datetime

from ops.commands.console import (
    JsonOption,
    OneSellerOption,
    command_group,
    say,
    say_facts,
    say_json,
    say_table,
    waiting,
    warn_corrupt,
)
from ops.deployment import Deployment
from ops.forecast import (
    ASSUMED_OFFERED,
    DAYS,
    LOOKED_BACK,
    PLAN_A_DAY,
    Forecast,
    forecasts,
    standing,
    total,
)
from ops.prices import NOTIFICATIONS_PER_ORDER, PRICES_AS_OF, PRICES_OF, Bill, Volume, bill
from ops.wording import counted

app = command_group()

_SHOWN = 5


@app.command(epilog="Example: dayfive forecast --seller A3EXAMPLE00001")
def forecast(seller: OneSellerOption = None, as_json: JsonOption = False) -> None:
    """Forecast what will be sent in the next 30 days.

    Day by day, with the share of Amazon's usage plan that this takes and what AWS will charge.
    The assumptions are printed with it.
    """
    deployment, now = Deployment.find(), datetime.now(UTC)
    with waiting("Reading orders ..."):
        found = list(forecasts(deployment, only=seller, now=now, on_corrupt=warn_corrupt))
        sellers = len({each.seller_id for each in found})
        charged = bill(_volume(found), standing(deployment, sellers=sellers))
    if as_json:
        for each in found:
            say_json(_as_json(each))
        say_json(_bill_as_json(charged))
        return
    if not found:
        say("No seller is connected yet: dayfive connect --seller SELLER_ID --region na")
        return
    if any(day.checks for day in total(found).values()):
        _show_days(found)
    else:
        say(f"Nothing is to be sent in the next {DAYS} days, by what is on record.")
    say()
    say_facts(
        [
            *_under("usage plan", _plans(found)),
            ("AWS", _charged(charged)),
            *_under("assumed", _assumptions(found)),
        ]
    )


def _volume(found: list[Forecast]) -> Volume:
    days = total(found).values()
    return Volume(
        orders_new=sum(day.orders_new for day in days),
        checks=sum(day.checks for day in days),
        solicitations=sum(day.sent_in_all for day in days),
    )


def _show_days(found: list[Forecast]) -> None:
    columns = ["day (UTC)", "to be sent", "of new orders", "checks"]
    days = total(found)
    rows = [
        [on, _number(day.sent_in_all), _number(day.sent_new), _number(day.checks)]
        for on, day in days.items()
    ]
    sums = (
        sum(day.sent_in_all for day in days.values()),
        sum(day.sent_new for day in days.values()),
        sum(day.checks for day in days.values()),
    )
    say_table(columns, [*rows, ["in all", *map(_number, sums)]], right=columns[1:])


def _plans(found: list[Forecast]) -> list[str]:
    busy = sorted(found, key=lambda each: -each.busiest[1])
    return _some([_plan(each) for each in busy if each.busiest[1]]) or ["no calls are expected"]


def _plan(forecast: Forecast) -> str:
    on, calls = forecast.busiest
    return (
        f"{forecast.seller_id} in {forecast.region}: {_number(calls)} calls of one operation on its"
        f" busiest day ({on}), {_share(forecast.share_of_plan)} of the {PLAN_A_DAY:,} that Amazon"
        " allows"
    )


def _charged(charged: Bill) -> str:
    return (
        f"about ${charged.for_orders + charged.for_standing:,.2f} in these {DAYS} days:"
        f" ${charged.for_orders:,.2f} for the orders, ${charged.for_standing:,.2f} whatever comes"
        " (alarms, dashboards, metrics, secrets, a key, polling). About"
        f" ${charged.after_allowances:,.2f} after what AWS gives away each month, if nothing else"
        " in the account uses it"
    )


def _assumptions(found: list[Forecast]) -> list[str]:
    on_record, held = sum(each.on_record for each in found), sum(each.held for each in found)
    are_held = f", {counted(held, 'more is', 'more are')} held and not counted" if held else ""
    weeks = LOOKED_BACK.days // 7
    return [
        f"{counted(on_record, 'order')} on record may still be asked{are_held}.",
        f"New orders come as in the last {weeks} weeks, and Amazon offers them alike.",
        *_chances(found),
        *_some(list(dict.fromkeys(map(_history, found)))),
        *dict.fromkeys(filter(None, map(_as_if, found))),
        f"AWS's list prices of {PRICES_OF} as of {PRICES_AS_OF}, with"
        f" {NOTIFICATIONS_PER_ORDER} notifications an order, each handled in a run of its own.",
    ]


def _chances(found: list[Forecast]) -> list[str]:
    learned = sum(each.with_chance for each in found)
    if not learned:
        return []
    return [
        f"The next check of {counted(learned, 'order')} finds an offer with the chance that was"
        " learned of orders alike (dayfive order tells it). Of all other checks it is taken from"
        " the seller's checks of the same number: its orders' first ones, second ones and so on."
    ]


def _under(name: str, texts: list[str]) -> list[tuple[str, str]]:
    return [(name if number == 0 else "", text) for number, text in enumerate(texts)]


def _some(texts: list[str]) -> list[str]:
    """The first few; --json has all."""
    left = len(texts) - _SHOWN
    return [*texts[:_SHOWN], f"and {left:,} more (--json)"] if left > 0 else texts


def _history(forecast: Forecast) -> str:
    seller, average = forecast.seller_id, forecast.checks_per_solicitation
    if average is None:
        return (
            f"{seller} has no history yet: each check is taken to find an offer in"
            f" {ASSUMED_OFFERED:.0%} of the cases."
        )
    return (
        f"{seller} needed {average:.1f} checks for each solicitation, by"
        f" {counted(forecast.with_checks, 'order')} that had been checked."
    )


def _as_if(forecast: Forecast) -> str | None:
    if forecast.is_paused:
        return f"{forecast.seller_id} is paused, in whole or in part: counted as if it were not."
    if not forecast.is_live:
        return f"{forecast.seller_id} is not live, so nothing is sent: counted as if it were."
    return None


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value < 0.05 else f"{value:.1f}"


def _share(share: float) -> str:
    return "less than 0.1%" if share < 0.001 else f"{share:.1%}"


def _bill_as_json(charged: Bill) -> dict[str, object]:
    return {
        "aws_usd_for_orders": {unit: round(usd, 4) for unit, usd in charged.orders.items()},
        "aws_usd_standing": {unit: round(usd, 4) for unit, usd in charged.standing.items()},
        "aws_usd_after_allowances": round(charged.after_allowances, 4),
        "days": DAYS,
        "prices_as_of": PRICES_AS_OF,
        "prices_of": PRICES_OF,
    }


def _as_json(forecast: Forecast) -> dict[str, object]:
    return {
        "seller_id": forecast.seller_id,
        "region": forecast.region,
        "live": forecast.is_live,
        "paused": forecast.is_paused,
        "orders_on_record": forecast.on_record,
        "orders_with_learned_chance": forecast.with_chance,
        "orders_held": forecast.held,
        "orders_with_checks": forecast.with_checks,
        "checks_per_solicitation": forecast.checks_per_solicitation,
        "busiest_day_calls": round(forecast.busiest[1], 2),
        "busiest_day_share_of_plan": forecast.share_of_plan,
        "days": [
            {
                "day": on.isoformat(),
                "sent": round(day.sent, 2),
                "sent_of_new_orders": round(day.sent_new, 2),
                "checks": round(day.checks, 2),
                "new_orders": round(day.orders_new, 2),
            }
            for on, day in forecast.days.items()
        ],
    }
