"""`python -m ops.readme`: writes what the code itself decides of README.md and docs."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from lambdas.core.solicitation import TRANSITIONS, Event, Status
from ops import cli

PROJECT = Path(__file__).parents[1]
README = PROJECT / "README.md"
COMMANDS = PROJECT / "docs" / "commands.md"

MANNERS = """\
Written by `python -m ops.readme`.

What all commands have in common:

- Results go to standard output, errors, progress and notes to standard error.
- Exit status 0: done. 1: an error, or some of what was asked for was refused (each in one line
  with the next step), or `demo` found a promise broken. 2: wrong options. 130: stopped by Ctrl-C.
- `--json` prints JSON Lines: one object a line; times are ISO-8601 in UTC. Screens show UTC too,
  and `order` the marketplace's own clock beside it.
- `--dry-run` says what would be done and writes nothing. What cannot be undone asks first, unless
  `--yes` is given.
- `dayfive --local COMMAND` runs on the demo that `dayfive demo --keep` has kept, with AWS and
  Amazon simulated: no account is needed, and its time stands still until `dayfive demo --go-on`.
- `dayfive --install-completion` teaches the shell the commands and their options."""


def transitions() -> str:
    """TRANSITIONS as a table: one line for each event and each set of states it may lead to."""
    rows: dict[tuple[Event, frozenset[Status]], list[str]] = defaultdict(list)
    for (source, event), targets in TRANSITIONS.items():
        rows[event, targets].append(source or "(none)")
    lines = ["| event | from | to |", "| --- | --- | --- |"]
    for (event, targets), sources in rows.items():
        start = "any" if len(sources) == len(Status) else ", ".join(sources)
        ends = ", ".join(status for status in Status if status in targets)
        lines.append(f"| {event} | {start} | {ends} |")
    return "\n".join(lines)


def help_text(*command: str) -> str:
    """A command's help, as it is printed at 80 columns."""
    shown = CliRunner().invoke(
        cli.app, [*command, "--help"], prog_name="dayfive", env={"COLUMNS": "80"}
    )
    return f"```\n{shown.output.strip()}\n```"


def written(name: str, part: str, text: str) -> str:
    """The text with one generated part written anew, between its markers."""
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    return f"{before}{start}{part}\n{end}{after}"


def readme(text: str) -> str:
    """README.md with the table of transitions and the list of commands as the code has them."""
    return written("help", help_text(), written("transitions", transitions(), text))


def command_names(command: object, *group: str) -> Iterator[tuple[str, ...]]:
    """Every command below this one, in the order of its help."""
    if not isinstance(command, TyperGroup):
        yield group
        return
    for name, each in command.commands.items():
        yield from command_names(each, *group, name)


def commands() -> str:
    """docs/commands.md: every command's help."""
    parts = [
        f"## dayfive {' '.join(name)}\n\n{help_text(*name)}\n"
        for name in command_names(get_command(cli.app))
    ]
    return f"# Commands\n\n{MANNERS}\n\n" + "\n".join(parts)


if __name__ == "__main__":
    README.write_text(readme(README.read_text()))
    COMMANDS.write_text(commands())
