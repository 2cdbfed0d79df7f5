"""`dayfive`: the operator's command table."""

import sys
from typing import NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError

from lambdas.aws.errors import AwsError
from lambdas.spapi.endpoints import EndpointRefusedError
from ops.commands import connect, demo, disconnect, live
from ops.commands.console import command_group, errors
from ops.commands.usage import usage_text
from ops.errors import OperatorError

app = command_group(
    name="dayfive",
    help="Asks every Amazon buyer for a product review and seller feedback: once, in time.",
)
# In the order of a seller's first days.
for commands in (connect, live, disconnect, demo):
    app.add_typer(commands.app)

FAILED, WRONG_USAGE, STOPPED = 1, 2, 130


def main() -> NoReturn:
    """Run the command; an error is one line on stderr, and the exit status tells its kind."""
    try:
        status = app(prog_name="dayfive", standalone_mode=False)
    except typer.TyperException as error:
        _end_by_usage(error)
    except OperatorError as error:
        _fail(str(error))
    except (EndpointRefusedError, AwsError, BotoCoreError, ClientError) as error:
        _fail(f"{error}: check AWS credentials and Region, then run the same command again")
    except (typer.Abort, KeyboardInterrupt):
        status = STOPPED
    if status == STOPPED:
        _fail("stopped; every command is safe to repeat", STOPPED)
    sys.exit(status if isinstance(status, int) else 0)


def _end_by_usage(error: typer.TyperException) -> NoReturn:
    if error.exit_code != WRONG_USAGE:
        _fail(error.format_message())
    if "\n" in error.format_message():  # the whole help, for a command without arguments
        errors.print(error.format_message(), markup=False)
        sys.exit(WRONG_USAGE)
    _fail(usage_text(error), WRONG_USAGE)


def _fail(text: str, status: int = FAILED) -> NoReturn:
    errors.print(f"dayfive: {text}", markup=False)
    sys.exit(status)
