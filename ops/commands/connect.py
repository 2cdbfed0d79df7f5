"""`dayfive connect`: asks for the credentials and says what was done with them."""

import os
import sys
from typing import Annotated

import httpx
import typer

from lambdas.core.marketplaces import Region
from lambdas.spapi.endpoints import Endpoints
from ops.commands.console import (
    DryRunOption,
    SellerOption,
    YesOption,
    checked_seller_id,
    command_group,
    console,
    say,
)
from ops.connect import Connection, Connector
from ops.deployment import Deployment
from ops.errors import OperatorError
from ops.secrets import Secrets

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
    DAYFIVE_CLIENT_ID, DAYFIVE_CLIENT_SECRET and DAYFIVE_REFRESH_TOKEN.
    """
    seller_id = checked_seller_id(seller)
    endpoints = Endpoints.from_overrides(
        os.environ.get("SP_API_ENDPOINT") or None, os.environ.get("LWA_ENDPOINT") or None
    )
    deployment = Deployment.find()
    if dry_run:
        for each in region:
            console.print(f"Would connect {seller_id} in {each}: store its credentials, then")
            console.print(f"  send ORDER_CHANGE to {deployment.output('OrderChangeQueueArn')}")
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
            say=say,
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
        say(f"nothing is sent yet; when you are ready: dayfive live on --seller {seller_id}")


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
