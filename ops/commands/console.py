"""How commands look: the options they share, what they print, and what they ask."""

from typing import Annotated

import typer
from rich.console import Console

from lambdas.core.order_change import SELLER_ID
from ops.errors import OperatorError

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

SellerOption = Annotated[
    str, typer.Option("--seller", metavar="SELLER_ID", help="The seller's id at Amazon.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done; do nothing.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def command_group(*, name: str | None = None, help: str | None = None) -> typer.Typer:
    """A table of commands; without a name they are added to the table above it."""
    return typer.Typer(
        name=name,
        help=help,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def say(text: str) -> None:
    """Print one line as it is: never wrapped, no markup read into it."""
    console.print(text, markup=False, soft_wrap=True)


def ask(question: str, *, yes: bool) -> None:
    """Go on only if the operator says so. Raises OperatorError where they do not."""
    if not yes and not typer.confirm(question):
        raise OperatorError("nothing was changed")


def checked_seller_id(text: str) -> str:
    """The id as it was given. Raises OperatorError if it cannot be one."""
    if not SELLER_ID.fullmatch(text):
        raise OperatorError(
            "--seller is not a seller id: it looks like A3EXAMPLE00001 and stands in Seller"
            " Central under Account Info, Merchant Token"
        )
    return text
