"""`dayfive status`: how each seller stands, on one screen."""

from datetime import UTC, datetime

from ops.commands.console import (
    JsonOption,
    OneSellerOption,
    command_group,
    say,
    say_facts,
    say_json,
    waiting,
    warn_corrupt,
)
from ops.deployment import Deployment
from ops.status import Standing, standings
from ops.wording import counted, listed, moment, when

app = command_group()


@app.command(epilog="Example: dayfive status")
def status(seller: OneSellerOption = None, as_json: JsonOption = False) -> None:
    """Show how each seller stands in each region.

    Its orders by state, what is due today and this week, what is held, and what holds it up.
    """
    now = datetime.now(UTC)
    with waiting("Counting orders ..."):
        found = list(standings(Deployment.find(), only=seller, now=now, on_corrupt=warn_corrupt))
    if as_json:
        for standing in found:
            say_json(standing.as_json())
        return
    if not found:
        say("No seller is connected yet: dayfive connect --seller SELLER_ID --region na")
    for number, standing in enumerate(found):
        if number:
            say()
        _show(standing, now)


def _show(standing: Standing, now: datetime) -> None:
    say(f"{standing.seller_id} in {standing.region or 'no region'}: {_mode(standing)}")
    facts = [("", text) for text in _obstacles(standing)]
    by_state = [f"{number:,} {state}" for state, number in standing.by_state.items() if number]
    orders = f"{standing.orders:,}: {listed(by_state)}" if by_state else "none yet"
    facts.append(("orders", orders))
    if standing.orders:
        facts += _due(standing)
    facts.append(("last notification", _last_notification(standing, now)))
    say_facts(facts, indent=2, width=len("last notification"))


def _mode(standing: Standing) -> str:
    if standing.paused:
        return "paused"
    return "live" if standing.live else "dry run, nothing is sent"


def _due(standing: Standing) -> list[tuple[str, str]]:
    overdue = f", {standing.overdue:,} of them overdue" if standing.overdue else ""
    facts = [
        ("due today", f"{standing.due_today:,}{overdue}"),
        ("due this week", f"{standing.due_this_week:,}"),
    ]
    if held := standing.by_state["HELD"]:
        facts.append(
            (
                "held",
                f"{counted(held, 'order waits', 'orders wait')} for a person:"
                f" dayfive orders --state HELD --seller {standing.seller_id}",
            )
        )
    if standing.shutting_this_week:
        facts.append(("windows shutting", f"{standing.shutting_this_week:,} this week"))
    return facts


def _obstacles(standing: Standing) -> list[str]:
    seller = standing.seller_id
    connect = f"dayfive connect --seller {seller} --region {standing.region or 'na'}"
    found = []
    if standing.connecting:
        found.append(f"Not connected here, or only half: {connect}")
    if standing.paused:
        found.append(f"Paused, so Amazon is not asked: dayfive resume --seller {seller}")
    elif not standing.live:
        found.append(f"Not live yet; when you are ready: dayfive live on --seller {seller}")
    if standing.paused_marketplaces:
        marketplaces = list(standing.paused_marketplaces)
        found.append(
            f"Paused in {listed(marketplaces)}:"
            f" dayfive resume --seller {seller} --marketplace {marketplaces[0]}"
        )
    if standing.blocked_until:
        found.append(
            f"Blocked until {moment(standing.blocked_until)}, for Amazon refused its credentials"
            f" ({standing.blocked_reason}): {connect}"
        )
    if standing.slowed_until:
        found.append(f"Slowed until {moment(standing.slowed_until)}, for Amazon had trouble")
    return found


def _last_notification(standing: Standing, now: datetime) -> str:
    if standing.last_notification_at is None:
        return "none yet; dayfive doctor says where they may be stuck"
    seen = when(standing.last_notification_at, now=now)
    return f"{seen}: unusually long; ask dayfive doctor" if standing.is_silent else seen
