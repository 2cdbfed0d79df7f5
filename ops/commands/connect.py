"""`dayfive connect`: asks for the credentials and says what was done with them."""

import os
import re
import sys
from typing import Annotated

import httpx
import typer

from lambdas.core.marketplaces import Region
from ops.commands.console import (
    DryRunOption,
    SellerOption,
    YesOption,
    checked_seller_id,
    command_group,
    say,
)
from ops.connect import Connection, Connector
from ops.deployment import Deployment
from ops.errors import OperatorError
from ops.secrets import Secrets
from ops.seller_access import endpoints_in_force

# No page of Amazon's promises a form; those seen are 13 or 14 characters.
_MERCHANT_TOKEN = re.compile("A[A-Z0-9]{11,15}")

app = command_group()


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
    DAYFIVE_CLIENT_ID, DAYFIVE_CLIENT_SECRET and DAYFIVE_REFRESH_TOKEN; what is given in neither
    way stays as it is stored.
    """
    seller_id = checked_seller_id(seller)
    if not _MERCHANT_TOKEN.fullmatch(seller_id):
        say(
            f"note: {seller_id} does not look like a Merchant Token, such as A3EXAMPLE00001; a"
            " wrong one connects too, but what Amazon then sends is of another seller, and dropped"
        )
    endpoints = endpoints_in_force()
    deployment = Deployment.find()
    regions = list(dict.fromkeys(region))
    if dry_run:
        _say_what_would_be_done(deployment, seller_id, regions)
        return
    if len(regions) > 1 and os.environ.get("DAYFIVE_REFRESH_TOKEN"):
        raise OperatorError("a refresh token is for one region: run this once for each region")
    secrets = Secrets(deployment.client("secretsmanager"))
    with httpx.Client(trust_env=False) as http:
        connector = Connector(
            deployment,
            endpoints,
            http,
            say=say,
            confirm=lambda question: yes or (sys.stdin.isatty() and typer.confirm(question)),
        )
        for each in regions:
            connection = _ask_for(secrets, seller_id, each)
            connector.connect(connection)
    known = deployment.sellers.get(seller_id)
    if known and not known.live:
        say(f"nothing is sent yet; when you are ready: dayfive live on --seller {seller_id}")


def _say_what_would_be_done(deployment: Deployment, seller_id: str, regions: list[Region]) -> None:
    queue = deployment.output("OrderChangeQueueArn")
    seller = deployment.sellers.get(seller_id)
    for each in regions:
        state = seller.regions.get(each) if seller else None
        again = " anew (its subscription stays if it is as it should be)" if state else ""
        say(f"Would connect {seller_id} in {each}{again}: try its credentials, send its")
        say(f"  ORDER_CHANGE notifications to {queue}, store the credentials")


def _ask_for(secrets: Secrets, seller_id: str, region: Region) -> Connection:
    known = secrets.known(seller_id, region)
    client_id = _given("DAYFIVE_CLIENT_ID", "Client id", stored=known.client_id)
    # Another application has another secret, and no token of the former is of use with it.
    same = client_id == known.client_id
    return Connection(
        seller_id=seller_id,
        region=region,
        client_id=client_id,
        client_secret=_given(
            "DAYFIVE_CLIENT_SECRET",
            "Client secret",
            stored=known.client_secret if same else None,
            hidden=True,
        ),
        refresh_token=_given(
            "DAYFIVE_REFRESH_TOKEN",
            f"Refresh token ({region})",
            stored=known.refresh_token if same else None,
            hidden=True,
        ),
    )


def _given(variable: str, question: str, *, stored: str | None, hidden: bool = False) -> str:
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
