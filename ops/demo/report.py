"""Prints how a run ended: the outcomes, the figures and the promises."""

from rich.console import Console
from rich.table import Table

from ops.demo.figures import Figures
from ops.demo.judge import Verdict
from ops.demo.story import Ending
from ops.wording import counted

_BROKEN_SHOWN = 5


def print_ending(console: Console, ending: Ending) -> None:
    """Print one run's tables; the last line says whether every promise was kept."""
    console.print("How every order ended")
    console.print(_outcomes(ending.figures) if ending.figures.outcomes else "  none was recorded")
    console.print()
    _print_figures(console, ending.figures)
    console.print()
    console.print("The promises")
    console.print(_promises(ending.verdicts))
    for verdict in ending.verdicts:
        for fault in verdict.broken[:_BROKEN_SHOWN]:
            console.print(f"  {verdict.promise}: {fault}", markup=False)
        if len(verdict.broken) > _BROKEN_SHOWN:
            console.print(f"  ... and {len(verdict.broken) - _BROKEN_SHOWN} more")
    console.print()
    console.print("Every promise was kept." if ending.kept else "A promise was broken.")


def _outcomes(figures: Figures) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("orders", justify="right")
    table.add_column("state")
    table.add_column("why")
    for outcome, count in figures.outcomes.items():
        status, _, reason = outcome.partition(": ")
        table.add_row(str(count), status, reason.replace("_", " "))
    return table


def _print_figures(console: Console, figures: Figures) -> None:
    ignored = sum(figures.ignored.values())
    reasons = ", ".join(
        f"{count} {reason.replace('_', ' ')}" for reason, count in figures.ignored.items()
    )
    rows = [
        ("notifications", f"{figures.notifications} on the queue"),
        ("  needing no work", f"{ignored} ({reasons})" if ignored else "0"),
        ("  to the dead-letter queue", f"{figures.refused} malformed"),
        ("solicitations", f"{figures.sent} sent, {figures.checks} checks"),
        ("  checks per solicitation", _number(figures.checks_per_sent)),
        ("  of the orders that could be asked", _share(figures)),
        ("delay from eligible to asked", _delay(figures)),
        ("refused by the usage plan", f"{figures.plan_refusals} of {figures.plan_calls} calls"),
        ("time", _time(figures)),
    ]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        console.print(f"{name:<{width}}  {value}", markup=False, soft_wrap=True)


def _promises(verdicts: list[Verdict]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("promise")
    table.add_column("tested", justify="right")
    table.add_column("broken", justify="right")
    table.add_column("what was looked at")
    for verdict in verdicts:
        table.add_row(
            verdict.promise, str(verdict.tested), str(len(verdict.broken)), verdict.meaning
        )
    return table


def _number(value: float | None) -> str:
    return f"{value:.2f}" if value is not None else "nobody was asked"


def _share(figures: Figures) -> str:
    if not figures.eligible:
        return "none could be"
    share = figures.eligible_asked / figures.eligible
    return f"{figures.eligible_asked} of {figures.eligible} ({share:.1%})"


def _time(figures: Figures) -> str:
    days, seconds = round(figures.simulated), round(figures.elapsed)
    return f"{counted(days, 'day')} in {counted(seconds, 'second')}"


def _delay(figures: Figures) -> str:
    if figures.delay_median is None:
        return "nobody was asked"
    if figures.delay_p90 is None:
        return f"{figures.delay_median:.1f} days, of one order"
    return f"median {figures.delay_median:.1f} days, 90th percentile {figures.delay_p90:.1f} days"
