"""`dayfive doctor`: one line for each link of the chain, ok or what to do."""

import textwrap
from dataclasses import asdict

import httpx
import typer
from rich.text import Text

from ops.commands.console import (
    JsonOption,
    OneSellerOption,
    checked_seller_id,
    command_group,
    console,
    say,
    say_json,
)
from ops.doctor.examination import examine
from ops.doctor.finding import Finding, State
from ops.seller_access import endpoints_in_force

app = command_group()

_STYLES = {State.OK: "green", State.NOTE: "yellow", State.WRONG: "bold red", State.UNKNOWN: "dim"}
_STATE_WIDTH = max(len(state) for state in State)
_LINK_WIDTH = 15


@app.command(epilog="Example: dayfive doctor")
def doctor(seller: OneSellerOption = None, as_json: JsonOption = False) -> None:
    """Look at every link of the chain, and say what to do.

    From the AWS credentials to each seller's subscription at Amazon. Changes nothing, and asks
    Amazon about no order. Exits with status 1 if something is wrong.
    """
    only = checked_seller_id(seller) if seller else None
    endpoints = endpoints_in_force()
    counts = dict.fromkeys(State, 0)
    before: Finding | None = None
    with httpx.Client(trust_env=False) as http:
        for finding in examine(endpoints, http, only=only):
            counts[finding.state] += 1
            if as_json:
                say_json(asdict(finding))
                continue
            if before and _begins_a_part(finding, before):
                say(f"\n{finding.seller_id} in {finding.region}" if finding.seller_id else "")
            _say_finding(finding)
            before = finding
    if not as_json:
        say(_conclusion(counts))
    if counts[State.WRONG]:
        raise typer.Exit(1)


def _begins_a_part(finding: Finding, before: Finding) -> bool:
    """A seller's regions have a heading each; what is about all of them stands below the last."""
    if finding.seller_id != before.seller_id:
        return True
    return finding.region not in (None, before.region)


def _say_finding(finding: Finding) -> None:
    """On a terminal the text is wrapped beneath itself; in a pipe a finding is a line."""
    margin = " " * (_STATE_WIDTH + _LINK_WIDTH + 2)
    lines = [str(finding)]
    if console.is_terminal:
        lines = textwrap.wrap(lines[0], max(console.width - len(margin), 30)) or [""]
    first = Text(f"{finding.state:<{_STATE_WIDTH}}", _STYLES[finding.state])
    first.append(f" {finding.link:<{_LINK_WIDTH}} {lines[0]}", "default")
    console.print(first, soft_wrap=True)
    for line in lines[1:]:
        console.print(Text(margin + line), soft_wrap=True)


def _conclusion(counts: dict[State, int]) -> str:
    wrong, not_seen = counts[State.WRONG], counts[State.UNKNOWN]
    first = f"\n{wrong} to be mended" if wrong else "\nNothing is wrong"
    return f"{first}; {not_seen} not looked at." if not_seen else f"{first}."
