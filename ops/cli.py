"""`dayfive`: the operator's command table."""

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import httpx
import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import track

from lambdas.aws.errors import AwsError
from lambdas.core.marketplaces import Region
from lambdas.core.order_change import SELLER_ID
from lambdas.spapi.endpoints import EndpointRefusedError, Endpoints
from ops.connect import Connection, Connector
from ops.deployment import Deployment
from ops.errors import OperatorError
from ops.live import LAST_CREATE_CALL_ENDS, connected_seller, end_live, go_live, waiting_for_live
from ops.secrets import Secrets

CONTEXT = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(
    name="dayfive",
    help="Asks every Amazon buyer for a product review and seller feedback: once, in time.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings=CONTEXT,
)
live_app = typer.Typer(
    help="Start and stop asking: until `live on` nothing is ever sent.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(live_app, name="live")

_console = Console(highlight=False)
_errors = Console(stderr=True, highlight=False, soft_wrap=True)

SellerOption = Annotated[
    str, typer.Option("--seller", metavar="SELLER_ID", help="The seller's id at Amazon.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done; do nothing.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


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
    _errors.print(f"dayfive: {text}", markup=False)
    sys.exit(1)


@app.command(epilog="Example: dayfive connect --seller A3EXAMPLE00001 --region na")
def connect(
    seller: SellerOption,
    region: Annotated[
        list[Region],
        typer.Option(metavar="na|eu|fe", help="The selling region; once for each in use."),
    ],
    yes: YesOption = False,
    dry_run: DryRunOption = False,
) -> None:
    """Connect a seller, or connect it anew.

    Stores its credentials, subscribes to its ORDER_CHANGE notifications and registers it. Safe
    to repeat. The client id, client secret and refresh token are asked for, or taken from
    DAYFIVE_CLIENT_ID, DAYFIVE_CLIENT_SECRET and DAYFIVE_REFRESH_TOKEN.
    """
    seller_id = _seller_id(seller)
    endpoints = Endpoints.from_overrides(
        os.environ.get("SP_API_ENDPOINT") or None, os.environ.get("LWA_ENDPOINT") or None
    )
    deployment = Deployment.find()
    if dry_run:
        for each in region:
            _console.print(f"Would connect {seller_id} in {each}: store its credentials, then")
            _console.print(f"  send ORDER_CHANGE to {deployment.output('OrderChangeQueueArn')}")
        return
    if len(region) > 1 and os.environ.get("DAYFIVE_REFRESH_TOKEN"):
        raise OperatorError("a refresh token is for one region: run this once for each region")
    stored = Secrets(deployment.client("secretsmanager")).application() or {}
    client_id = _given("DAYFIVE_CLIENT_ID", "Client id", stored=stored.get("client_id"))
    same = stored.get("client_secret") if client_id == stored.get("client_id") else None
    client_secret = _given("DAYFIVE_CLIENT_SECRET", "Client secret", stored=same, hidden=True)
    with httpx.Client(trust_env=False) as http:
        connector = Connector(
            deployment,
            endpoints,
            http,
            say=_say,
            confirm=lambda question: yes or (sys.stdin.isatty() and typer.confirm(question)),
        )
        for each in region:
            token = _given("DAYFIVE_REFRESH_TOKEN", f"Refresh token ({each})", hidden=True)
            connector.connect(
                Connection(
                    seller_id=seller_id,
                    region=each,
                    client_id=client_id,
                    client_secret=client_secret,
                    refresh_token=token,
                )
            )
    known = deployment.sellers.get(seller_id)
    if known and not known.live:
        _say(f"nothing is sent yet; when you are ready: dayfive live on --seller {seller_id}")


@live_app.command("on", epilog="Example: dayfive live on --seller A3EXAMPLE00001")
def live_on(seller: SellerOption, yes: YesOption = False, dry_run: DryRunOption = False) -> None:
    """Start asking this seller's buyers.

    What was found offered before is planned at once, soonest to close first.
    """
    seller_id, deployment = _seller_id(seller), Deployment.find()
    connected_seller(deployment, seller_id)
    if dry_run:
        waiting = sum(len(waiting_for_live(deployment, seller_id, region)) for region in Region)
        _say(f"Would let DayFive ask the buyers of {seller_id}; orders to plan anew: {waiting}")
        return
    if not yes and not typer.confirm(f"Ask the buyers of {seller_id} from now on?"):
        raise OperatorError("nothing was changed")
    planned = go_live(
        deployment,
        seller_id,
        track=lambda orders: track(
            orders,
            description="Planning",
            console=_console,
            transient=True,
            disable=not (orders and _console.is_terminal),
        ),
    )
    _say(f"live: {seller_id}; orders planned anew: {planned}")


@live_app.command("off", epilog="Example: dayfive live off --seller A3EXAMPLE00001")
def live_off(seller: SellerOption, yes: YesOption = False, dry_run: DryRunOption = False) -> None:
    """Stop asking this seller's buyers.

    Orders are still taken in and checked. Returns when nothing can be sent any more.
    """
    seller_id, deployment = _seller_id(seller), Deployment.find()
    connected_seller(deployment, seller_id)
    if dry_run:
        _say(f"Would stop asking the buyers of {seller_id}")
        return
    if not yes and not typer.confirm(f"Stop asking the buyers of {seller_id}?"):
        raise OperatorError("nothing was changed")
    wait = LAST_CREATE_CALL_ENDS.total_seconds()
    _say(f"stopping; a call may be on its way, so this takes {wait:.0f} seconds")
    end_live(deployment, seller_id)
    _say(f"not live: {seller_id}; nothing more is sent")


@app.command(epilog="Example: dayfive demo --orders 1000 --seed 7")
def demo(
    orders: Annotated[int, typer.Option(min=1, help="How many orders to ship.")] = 300,
    days: Annotated[float, typer.Option(min=0.1, help="Over how many days they ship.")] = 14,
    seed: Annotated[int, typer.Option(help="Another seed is another story.")] = 0,
    notifications: Annotated[
        Path | None,
        typer.Option(help="Your own ORDER_CHANGE messages instead, as JSON Lines."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Run all of DayFive on this machine.

    It is the template that is deployed, against a simulated Amazon. Needs no AWS account. Exits
    with status 1 if a promise was broken.
    """
    # The local cloud is for development: a deployed account's commands must not need it.
    from ops.demo.command import run_demo, run_recording

    if notifications:
        kept = run_recording(_console, notifications, as_json=as_json)
    else:
        kept = run_demo(_console, orders=orders, days=days, seed=seed, as_json=as_json)
    if not kept:
        raise typer.Exit(1)


def _say(text: str) -> None:
    _console.print(text, markup=False, soft_wrap=True)


def _seller_id(text: str) -> str:
    if not SELLER_ID.fullmatch(text):
        raise OperatorError(
            "--seller is not a seller id: it looks like A3EXAMPLE00001 and stands in Seller"
            " Central under Account Info, Merchant Token"
        )
    return text


def _given(variable: str, question: str, *, stored: str | None = None, hidden: bool = False) -> str:
    """From the environment, else typed in, else as it was stored before."""
    if value := os.environ.get(variable, "").strip():
        return value
    if sys.stdin.isatty():
        hint = " (Enter keeps the stored one)" if stored else ""
        typed: str = typer.prompt(
            f"{question}{hint}", default=stored or None, hide_input=hidden, show_default=False
        )
        return typed.strip()
    if stored:
        return stored
    raise OperatorError(f"{question} is not known: set {variable}, or run this in a terminal")
