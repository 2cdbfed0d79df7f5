"""How commands look: the options they share, what they print, and what they ask."""

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import track
from rich.text import Text
from typer.core import TyperCommand

from lambdas.aws.errors import CorruptRecordError
from lambdas.aws.items import to_text
from lambdas.core.marketplaces import Region
from lambdas.core.order_change import SELLER_ID
from ops.errors import OperatorError
from ops.wording import counted as counted
from ops.wording import moment as moment

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

Item = TypeVar("Item")

SellerOption = Annotated[
    str, typer.Option("--seller", metavar="SELLER_ID", help="The seller's id at Amazon.")
]
OneSellerOption = Annotated[
    str | None,
    typer.Option("--seller", metavar="SELLER_ID", help="Only this seller."),
]
OneRegionOption = Annotated[
    Region | None,
    typer.Option("--region", metavar="na|eu|fe", help="Only this selling region."),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print JSON Lines: one object a line, for programs.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done; do nothing.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


_PLAINLY = {
    r"\{([A-Z_]+)\}": r"\1",
    r"\n(  [A-Z_]+)(?:\.\.\.)? <[a-z\[\]]+>": r"\n\1",
    r"; x>=[\d.]+\]": "]",
    r"\s+\[x>=[\d.]+\]": "",
    r"(\d+)<=x<=(\d+)": r"\1 to \2",
    r"\[default: \(([^)]*)\)\]": r"[default: \1]",
}


class _Command(TyperCommand):
    """A command whose help leaves out what says nothing to a seller: types and ranges.

    It runs inside what the context's object opens, if there is one, and only if all that was typed
    is right.
    """

    def invoke(self, ctx: Any) -> Any:
        with ctx.obj() if ctx.obj else nullcontext():
            try:
                super().invoke(ctx)
                sys.stdout.flush()
            except BrokenPipeError:
                # The reader, `head` perhaps, has seen enough. Python would complain at its end.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def get_help(self, ctx: Any) -> str:
        text = super().get_help(ctx)
        for pattern, plainly in _PLAINLY.items():
            text = re.sub(pattern, plainly, text)
        return text


class _CommandGroup(typer.Typer):
    def command(self, name: str | None = None, **given: Any) -> Any:
        return super().command(name, **{"cls": _Command, **given})


def command_group(*, name: str | None = None, help: str | None = None) -> typer.Typer:
    """A table of commands; without a name they are added to the table above it."""
    return _CommandGroup(
        name=name,
        help=help,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def say(text: str = "") -> None:
    """Print one line as it is: never wrapped, no markup read into it."""
    # By rich a line takes milliseconds, of which 5,000 orders make half a minute.
    console.file.write(f"{text}\n")


def warn(text: str) -> None:
    """One line on stderr, beside what the command prints."""
    errors.print(f"dayfive: {text}", markup=False)


def warn_corrupt(error: CorruptRecordError) -> None:
    """A record that cannot be read is said and passed over, so that the others are shown."""
    warn(f"{error}: left out here")


def say_json(record: Mapping[str, Any]) -> None:
    """Print one object on one line; times become ISO-8601 texts in UTC."""
    say(json.dumps(record, default=_plain, ensure_ascii=False))


def ask(question: str, *, yes: bool) -> None:
    """Go on only if the operator says so. Raises OperatorError where they do not."""
    if yes:
        return
    try:
        agreed = typer.confirm(question)
    except typer.Abort:
        if sys.stdin.isatty():
            raise
        console.print()  # the question's line is open
        raise OperatorError(
            "nothing was changed, for nobody answered: --yes does without the question"
        ) from None
    if not agreed:
        raise OperatorError("nothing was changed")


def checked_seller_id(text: str) -> str:
    """The id as it was given. Raises OperatorError if it cannot be one."""
    if not SELLER_ID.fullmatch(text):
        raise OperatorError(
            "--seller is not a seller id: it looks like A3EXAMPLE00001 and stands in Seller"
            " Central under Account Info, Merchant Token"
        )
    return text


def tracked(items: Sequence[Item], description: str) -> Iterable[Item]:
    """The items, with a bar on a terminal's stderr while they are worked through."""
    return track(
        items,
        description=description,
        console=errors,
        transient=True,
        disable=not (items and errors.is_terminal),
    )


@contextmanager
def waiting(description: str) -> Iterator[None]:
    """A turning wheel on a terminal's stderr while something of unknown length goes on."""
    if not errors.is_terminal:
        yield
        return
    with errors.status(description):
        yield


def say_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    right: Sequence[str] = (),
    indent: int = 0,
    cut: bool = False,
) -> None:
    """Print aligned columns; `right` names those that hold numbers.

    On a terminal the last column is wrapped beneath itself, or cut; in a pipe a row is a line.
    """
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *texts, strict=True)]
    margin = " " * indent
    before_last = indent + sum(width + 2 for width in widths[:-1])
    room = max(console.width - before_last, 20) if console.is_terminal else None
    for number, row in enumerate([list(columns), *texts]):
        cells = [
            cell.rjust(width) if name in right else cell.ljust(width)
            for cell, name, width in zip(row, columns, widths, strict=True)
        ]
        text = cells.pop().rstrip()
        last = [_cut(text, room)] if cut else _wrapped(text, room)
        first, *more = [margin + "  ".join([*cells, last[0]]), *last[1:]]
        for line in (first.rstrip(), *(" " * before_last + each for each in more)):
            if number == 0 and console.is_terminal:
                console.print(Text(line, "bold"), soft_wrap=True)
            else:
                say(line)


def say_facts(facts: Sequence[tuple[str, str]], *, indent: int = 0, width: int = 0) -> None:
    """Print names and what there is to say of each, wrapped beneath itself on a terminal."""
    width = max([width, *(len(name) for name, _ in facts)])
    room = max(console.width - indent - width - 2, 20)
    for name, text in facts:
        for number, line in enumerate(_wrapped(text, room)):
            label = name if number == 0 else ""
            say(f"{'':<{indent}}{label:<{width}}  {line}".rstrip())


def _cut(text: str, room: int | None) -> str:
    return text if room is None or len(text) <= room else f"{text[: room - 3]}..."


def _wrapped(text: str, room: int | None) -> list[str]:
    if room is None or len(text) <= room:
        return [text]
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _plain(value: object) -> object:
    match value:
        case datetime():
            return to_text(value)
        case frozenset() | set():
            return sorted(value)
        case _:
            return str(value)
