"""What a month costs: counted calls and measured runs at AWS's list prices, beside others."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from rich.console import Console
from rich.table import Table

from lambdas.aws.credentials import CACHED_FOR
from ops.bench.month import Played, play
from ops.bench.others import (
    SERVICE_FROM,
    SERVICE_MILLION,
    sample_for_an_order,
    sample_standing,
)
from ops.bench.plant import AMAZON_LATENCY, AWS_LATENCY
from ops.bench.provisioned import peaks, print_peaks, with_units
from ops.bench.standing import APPLICATION_SECRETS, MONTH, POLLERS, function, standing
from ops.bench.steady import steady
from ops.bench.sweeping import sweep
from ops.prices import ALWAYS_FREE, PRICES, PRICES_AS_OF, PRICES_OF, Unit, Uses, added, charged

ORDERS_PLAYED = 150
# A seller of a million orders a month has as many within hours.
ORDERS_LEARNED_FROM = 4000
MILLION, SMALL = 1_000_000, 1_000
ONE_SELLER, SMALL_SELLER = "a million orders of one seller", "1,000 orders of one seller"
TARGETS = {ONE_SELLER: 10.0, SMALL_SELLER: 5.0}  # dollars after allowances

# CPU to the first answer: the section "startup", the sender's first order, from source.
START_CPU_SECONDS = 0.82
# Request, headers with an access token, and the share of a TLS handshake. An estimate.
BYTES_OUT_OF_A_CALL = 3_000
# "AWS Key Management Service Pricing": the first two rotations add a key's price each.
PAID_ROTATIONS = 2
# SQS: each message by requests of its own, as a receive ends when one is there; a run deletes
# ten by one request.
SENT_AND_RECEIVED = 2
# "Item sizes": storage counts 100 bytes more for each item, and for each entry of an index.
_BYTES_BESIDE_AN_ITEM = 100
_DAYS_OF_A_MONTH = 30

WHAT_WAS_DONE: Mapping[Unit, str] = {
    Unit.GB_SECONDS: "one run serves all that is due, and waits with 192 MB; checks are learned",
    Unit.WRITES: "records under 1 KB; the index has only open orders, and a claim leaves it alone",
    Unit.READS: "no read before a write (ALL_OLD); queries read only the index",
    Unit.REQUESTS: "no queue but Amazon's; batches of a minute share a delete",
    Unit.FIFO_REQUESTS: "a wake-up is of a seller and minute, and not of an order",
    Unit.SECRET_CALLS: "kept for five minutes by each environment",
    Unit.RUNS: "batches of a minute; one run serves all orders that are due",
    Unit.LOGGED_GB: "one line for each change of an order and one for each run, no bodies",
    Unit.SCHEDULES: "orders of one minute share a schedule",
    Unit.SECRETS: "one for the application, one for each seller",
    Unit.METRICS: "without dimensions; two of twelve are sent only in trouble",
    Unit.ALARMS: "charged by the metric: those on expressions count twice or three times",
    Unit.KEYS: "one key, only where postal codes lie",
    Unit.DASHBOARDS: "two, within the allowance; cdk.json switches them off",
    Unit.KEY_REQUESTS: "a data key serves five minutes",
    Unit.BACKED_UP_GB: "records go 60 days after their window",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What 30 days use, and what AWS charges for it."""

    uses: Uses

    @property
    def dollars(self) -> dict[Unit, float]:
        return _priced(self.uses)

    @property
    def dollars_after_allowances(self) -> dict[Unit, float]:
        return _priced(charged(self.uses))

    @property
    def total(self) -> float:
        return sum(self.dollars.values())

    @property
    def total_after_allowances(self) -> float:
        return sum(self.dollars_after_allowances.values())


def run(console: Console) -> Mapping[str, Any]:
    """Print a million orders and a small seller's month, the others' prices, and the targets."""
    memory = {name: function(name).memory_mb for name in ("intake", "sender")}
    dense = play(
        orders=ORDERS_PLAYED,
        a_month=MILLION,
        sellers=1,
        memory_mb=memory,
        learned_from=ORDERS_LEARNED_FROM,
    )
    sparse = play(orders=ORDERS_PLAYED, a_month=SMALL, sellers=1, memory_mb=memory)
    even = steady(dense, a_month=MILLION)
    on_demand = month(even, orders=MILLION)
    at_peak = peaks(dense, even, a_month=MILLION)
    months = {
        ONE_SELLER: on_demand,
        f"{ONE_SELLER}, provisioned": Month(uses=with_units(on_demand.uses, at_peak.provided)),
        "a million of 1,000 small sellers": month(sparse, orders=MILLION, sellers=1000),
        SMALL_SELLER: month(sparse, orders=SMALL, cold=True),
    }
    _say_how(console)
    for name, each in months.items():
        _print_month(console, name, each)
    _print_largest(console, on_demand)
    figures = {
        name: {
            "list_prices_usd": round(each.total, 2),
            "after_allowances_usd": round(each.total_after_allowances, 2),
        }
        for name, each in months.items()
    }
    return {
        **figures,
        "counted": {"dense": counted(dense), "steady": counted(even), "sparse": counted(sparse)},
        "no_event_filter_usd_for_a_million": _print_filter(console, sparse),
        "provisioned": print_peaks(console, at_peak),
        **_print_others(console, sparse),
        **_print_targets(console, months),
    }


def month(played: Played, *, orders: int, sellers: int = 1, cold: bool = False) -> Month:
    """A month of so many orders like those that were played; `cold` adds the starts."""
    starts = Unit.GB_SECONDS, played.cold_starts * _start_gb_seconds(played)
    per_order = {
        unit: number / played.orders
        for unit, number in added((1, uses_played(played)), (float(cold), dict([starts]))).items()
    }
    idle = standing(
        sellers=sellers,
        sweep=sweep(1),
        notifications=orders * played.notifications / played.orders,
        wake_ups=orders * played.sender.runs / played.orders,
        metrics=(*played.intake.metrics, *played.sender.metrics),
    )
    uses = added((orders, per_order), (1, idle))
    # The few orders that were played end in quiet days, when every run reads its secrets anew.
    secrets = (APPLICATION_SECRETS + sellers) * (MONTH / CACHED_FOR)
    uses[Unit.SECRET_CALLS] = min(uses[Unit.SECRET_CALLS], secrets)
    return Month(uses=uses)


def uses_played(played: Played) -> dict[Unit, float]:
    """What all of the orders that were played used; those kept, as if for months without end."""
    months_kept = played.days_kept / _DAYS_OF_A_MONTH
    stored = played.orders * months_kept * (played.item_bytes + _BYTES_BESIDE_AN_ITEM) / 1e9
    return added(
        (1, played.intake.uses),
        (1, played.sender.uses),
        (played.notifications, {Unit.REQUESTS: SENT_AND_RECEIVED}),
        (played.deletes, {Unit.REQUESTS: 1}),
        (played.sender.runs, {Unit.FIFO_REQUESTS: SENT_AND_RECEIVED + 1}),
        (played.schedules, {Unit.SCHEDULES: 1}),
        (played.amazon_calls, {Unit.GB_OUT: BYTES_OUT_OF_A_CALL / 1e9}),
        (stored, {Unit.STORED_GB: 1, Unit.BACKED_UP_GB: 1}),
    )


def counted(played: Played) -> dict[str, Any]:
    """The figures behind it, for an average order."""
    per_order = {
        "notifications": played.notifications,
        "intake_runs": played.intake.runs,
        "checks": played.checks,
        "create_calls": played.sent,
        "sender_runs": played.sender.runs,
        **asdict(played.intake.units + played.sender.units),
        "log_bytes": played.intake.log_bytes + played.sender.log_bytes,
    }
    return {
        **{name: round(number / played.orders, 2) for name, number in per_order.items()},
        "item_bytes": round(played.item_bytes),
        "days_open": round(played.days_open, 1),
        "sender_seconds_a_run": round(played.sender.seconds / played.sender.runs, 2),
        "intake_seconds_a_run": round(played.intake.seconds / played.intake.runs, 3),
        "intake_calls": dict(played.intake.calls),
        "sender_calls": dict(played.sender.calls),
    }


def _start_gb_seconds(played: Played) -> float:
    start = replace(played.sender, waited=0.0, cpu=START_CPU_SECONDS, runs=1)
    return start.uses[Unit.GB_SECONDS]


def _priced(uses: Uses) -> dict[Unit, float]:
    return {unit: number * PRICES[unit] for unit, number in uses.items()}


def _say_how(console: Console) -> None:
    console.print(
        f"Cost: list prices of {PRICES_OF}, {PRICES_AS_OF}; {ORDERS_PLAYED} orders through the"
        " real functions, at the density of the month"
    )
    console.print(
        f"Notifications wait a minute for a batch to fill. Billed: waiting with"
        f" {AWS_LATENCY.total_seconds() * 1000:.0f} ms for each call of AWS and"
        f" {AMAZON_LATENCY.total_seconds() * 1000:.0f} ms for one of Amazon, and this machine's"
        f" CPU time at the share that each one's memory gives. Without TLS's CPU."
    )
    free = "; ".join(f"{each.amount:,.0f} {' and '.join(each.units)}" for each in ALWAYS_FREE)
    console.print(f"Never charged, each month: {free}.")


def _print_month(console: Console, name: str, of: Month) -> None:
    table = Table(name, "used", "list price ($)", "after allowances ($)", box=None)
    after = of.dollars_after_allowances
    for unit, dollars in sorted(of.dollars.items(), key=lambda each: -each[1]):
        table.add_row(unit, f"{of.uses[unit]:,.4g}", f"{dollars:.2f}", f"{after[unit]:.2f}")
    table.add_row("together", "", f"{of.total:.2f}", f"{of.total_after_allowances:.2f}")
    console.print(table)


def _print_largest(console: Console, of: Month) -> None:
    largest = sorted(of.dollars_after_allowances.items(), key=lambda each: -each[1])[:5]
    table = Table("the five largest", "$", "what was done about it", box=None)
    for unit, dollars in largest:
        table.add_row(unit, f"{dollars:.2f}", WHAT_WAS_DONE[unit])
    console.print(table)


def _print_filter(console: Console, played: Played) -> float:
    extra = played.without_work
    dollars = sum(_priced(extra.uses).values()) * MILLION / played.orders
    console.print(
        f"No event filter: {extra.runs / played.orders:.2f} runs for each order need no work,"
        f" ${dollars:.2f} for a million orders at list prices."
    )
    return round(dollars, 2)


def _print_others(console: Console, played: Played) -> dict[str, Any]:
    a_million = Month(uses=added((MILLION, sample_for_an_order(played)), (1, sample_standing())))
    console.print(
        f"Amazon's sample on the same orders, {played.sample_checks / played.sent:.1f} checks for"
        f" each one sent: ${a_million.total:,.0f} for a million at list prices,"
        f" ${a_million.total_after_allowances:,.0f} after the allowances."
    )
    requests, dollars = SERVICE_MILLION
    least, from_dollars = SERVICE_FROM
    console.print(
        f"A commercial service: ${dollars:,.2f} for {requests:,} requests a month, from"
        f" ${from_dollars:,.2f} for {least}."
    )
    return {
        "amazons_sample_usd_for_a_million": round(a_million.total, 2),
        "amazons_sample_checks_for_one_sent": round(played.sample_checks / played.sent, 2),
        "commercial_service_usd_for_a_million": dollars,
    }


def _print_targets(console: Console, months: Mapping[str, Month]) -> dict[str, Any]:
    for name, limit in TARGETS.items():
        dollars = months[name].total_after_allowances
        met = "met" if dollars < limit else "MISSED"
        console.print(f"Target {met}: {name}, ${dollars:.2f} after allowances, under ${limit:.0f}.")
    rotated = months[SMALL_SELLER].total_after_allowances + PAID_ROTATIONS * PRICES[Unit.KEYS]
    console.print(f"After two yearly rotations of the key the small seller's is ${rotated:.2f}.")
    console.print(f"Empty receives are of {POLLERS} pollers for each of the two queues.")
    return {
        "small_seller_after_two_rotations_usd": round(rotated, 2),
    }
