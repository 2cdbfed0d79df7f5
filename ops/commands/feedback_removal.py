"""`dayfive feedback-removal`: what is asked of the operator before a buyer is asked."""

from typing import Annotated

import typer

from lambdas.core.marketplaces import region_of
from ops.commands.console import (
    DryRunOption,
    OneSellerOption,
    YesOption,
    ask,
    checked_seller_id,
    command_group,
    say,
    warn_corrupt,
)
from ops.commands.given import OrderIdArgument, checked_order_id, given_marketplace
from ops.deployment import Deployment
from ops.errors import OperatorError
from ops.feedback_removal import FeedbackOrder, FeedbackRemoval
from ops.live import connected_seller
from ops.orders import find_order

app = command_group()


@app.command(
    "feedback-removal",
    epilog="Example: dayfive feedback-removal 903-5550101-0000001",
)
def feedback_removal(
    order_id: OrderIdArgument,
    seller: OneSellerOption = None,
    marketplace: Annotated[
        str | None,
        typer.Option(
            metavar="COUNTRY",
            help="Where an order that is not on record was sold: US, or its id (with --seller).",
        ),
    ] = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="In spite of an earlier call that was never answered."),
    ] = False,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
) -> None:
    """Ask a buyer to remove a negative feedback.

    For a complaint that was resolved, and only if Amazon lists this action for the order: it took
    the operation out of its Messaging API in August 2025, so usually it does not. The application
    needs the role Buyer Communication.
    """
    amazon_order_id = checked_order_id(order_id)
    deployment = Deployment.find()
    order = _order(deployment, amazon_order_id, seller, given_marketplace(marketplace))
    removal = FeedbackRemoval(deployment, order)
    if not again:
        removal.require_no_open_call()
    removal.require_offer()
    if dry_run:
        say(f"Amazon offers it: would ask the buyer of {amazon_order_id} to remove the feedback")
        return
    ask(
        f"Was the complaint about {amazon_order_id} resolved, and shall its buyer be asked, once,"
        " to remove the feedback?",
        yes=yes,
    )
    request_id = removal.create()
    say(f"asked: the buyer of {amazon_order_id} (Amazon's request {request_id})")


def _order(
    deployment: Deployment, amazon_order_id: str, seller: str | None, marketplace: str | None
) -> FeedbackOrder:
    """From its record, or as the options say."""
    if marketplace is None:
        whose, found = find_order(
            deployment,
            amazon_order_id,
            seller_id=checked_seller_id(seller) if seller else None,
            on_corrupt=warn_corrupt,
        )
        return FeedbackOrder(
            seller_id=whose.seller_id,
            region=found.region,
            amazon_order_id=amazon_order_id,
            marketplace_id=found.marketplace_id,
        )
    region = region_of(marketplace)
    if seller is None or region is None:
        raise OperatorError("--marketplace goes with --seller: whose order is it?")
    connected_seller(deployment, checked_seller_id(seller))
    return FeedbackOrder(
        seller_id=seller,
        region=region,
        amazon_order_id=amazon_order_id,
        marketplace_id=marketplace,
    )
