"""`dayfive`: the operator's command table."""

import sys
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.aws.errors import AwsError
from lambdas.spapi.endpoints import EndpointRefusedError
from ops.commands import connect, demo, live
from ops.commands.console import command_group, errors
from ops.errors import OperatorError

app = command_group(
    name="dayfive",
    help="Asks every Amazon buyer for a product review and seller feedback: once, in time.",
)
# In the order of a seller's first days.
for commands in (connect, live, demo):
    app.add_typer(commands.app)


def main() -> NoReturn:
    """Run the command; an error is one line on stderr and exit status 1."""
    try:
        app(prog_name="dayfive")
    except OperatorError as error:
        _fail(str(error))
    except (EndpointRefusedError, AwsError, BotoCoreError, ClientError) as error:
        _fail(f"{error}: check AWS credentials and Region, then run the same command again")
    except KeyboardInterrupt:
        _fail("stopped; every command is safe to repeat")
    sys.exit(0)


def _fail(text: str) -> NoReturn:
    errors.print(f"dayfive: {text}", markup=False)
    sys.exit(1)
