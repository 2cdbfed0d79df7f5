"""`dayfive`: the operator's command table."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError

from lambdas.aws.errors import AwsError
from lambdas.spapi.endpoints import EndpointRefusedError
from ops.aws_trouble import told
from ops.commands import (
    backfill,
    connect,
    demo,
    disconnect,
    doctor,
    export,
    feedback_removal,
    forecast,
    live,
    order_acts,
    orders,
    pausing,
    redrive,
    report,
    settings,
    status,
)
from ops.commands.console import command_group, errors, moment
from ops.commands.usage import usage_text
from ops.errors import OperatorError

app = command_group(
    name="dayfive",
    help="Asks every Amazon buyer for a product review and seller feedback: once, in time.",
)
# In the order of a seller's first days.
for commands in (
    connect,
    doctor,
    backfill,
    live,
    status,
    orders,
    order_acts,
    pausing,
    settings,
    forecast,
    report,
    export,
    feedback_removal,
    redrive,
    disconnect,
    demo,
):
    app.add_typer(commands.app)

_EVERYTHING_HERE = frozenset({"demo"})


@app.callback()
def dayfive(
    context: typer.Context,
    local: Annotated[
        bool,
        typer.Option("--local", help="Not in AWS, but on the demo that `demo --keep` has kept."),
    ] = False,
) -> None:
    if local and context.invoked_subcommand in _EVERYTHING_HERE:
        raise typer.BadParameter(f"--local does not go with {context.invoked_subcommand}")
    if local:
        context.obj = _on_the_kept_demo


@contextmanager
def _on_the_kept_demo() -> Iterator[None]:
    """AWS and Amazon are the kept demo's until the command has ended, and so is the time."""
    # The local cloud is for development: a deployed account's commands must not need it.
    from ops.demo.kept import kept_file, kept_stage, settle

    with kept_stage(kept_file()) as stage:
        errors.print(f"(the kept demo, {moment(stage.cloud.now)} in its own time)", style="dim")
        try:
            yield
        finally:
            settle(stage)


FAILED, WRONG_USAGE, STOPPED = 1, 2, 130


def main() -> NoReturn:
    """Run the command; an error is one line on stderr, and the exit status tells its kind."""
    try:
        status = app(prog_name="dayfive", standalone_mode=False)
    except typer.TyperException as error:
        _end_by_usage(error)
    except OperatorError as error:
        _fail(str(error))
    except EndpointRefusedError as error:
        _fail(f"{error}: unset it, unless it leads to the sandbox (docs/setup.md)")
    except (AwsError, BotoCoreError, ClientError) as error:
        _fail(told(error))
    except (typer.Abort, KeyboardInterrupt):
        status = STOPPED
    if status == STOPPED:
        _fail("stopped; every command is safe to repeat", STOPPED)
    sys.exit(status if isinstance(status, int) else 0)


def _end_by_usage(error: typer.TyperException) -> NoReturn:
    if error.exit_code != WRONG_USAGE:
        _fail(error.format_message())
    if error.format_message().startswith("Usage:"):  # the help, for a command without arguments
        errors.print(error.format_message(), markup=False)
        sys.exit(WRONG_USAGE)
    _fail(usage_text(error), WRONG_USAGE)


def _fail(text: str, status: int = FAILED) -> NoReturn:
    errors.print(f"dayfive: {text}", markup=False)
    sys.exit(status)
