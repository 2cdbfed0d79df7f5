"""`dayfive skip`, `dayfive release` and `dayfive check`: what an operator may do with an order."""

from collections.abc import Callable
from datetime import UTC, datetime

import typer

from lambdas.core.operator_acts import Refused, on_check_now, on_release, on_skip
from lambdas.core.seller import Seller
from lambdas.core.solicitation import Solicitation
from ops.commands.console import (
    DryRunOption,
    JsonOption,
    OneSellerOption,
    command_group,
    say,
    say_json,
    tracked,
    warn,
    warn_corrupt,
)
from ops.commands.given import OrderIdsArgument, checked_order_id
from ops.deployment import Deployment
from ops.errors import OperatorError
from ops.order_acts import Acted, Decide, act
from ops.orders import find_order
from ops.wording import moment

app = command_group()

DecideOf = Callable[[Deployment, Seller], Decide]


@app.command(epilog="Example: dayfive skip 903-5550101-0000001")
def skip(
    order_ids: OrderIdsArgument,
    seller: OneSellerOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Leave orders out: their buyers are not asked.

    While an order's window is open, `release` takes that back.
    """
    _act_on_all(
        order_ids,
        seller,
        lambda _, __: lambda order: on_skip(order, now=datetime.now(UTC)),
        dry_run=dry_run,
        as_json=as_json,
    )


@app.command(epilog="Example: dayfive release 903-5550101-0000001")
def release(
    order_ids: OrderIdsArgument,
    seller: OneSellerOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Let orders go on that are held or skipped.

    They are planned anew inside their windows; what is due is looked at within minutes.
    """

    def decide_of(deployment: Deployment, owner: Seller) -> Decide:
        settings = deployment.seller_settings.get(owner.seller_id)
        return lambda order: on_release(
            order, now=datetime.now(UTC), policy=deployment.policy_of(order), settings=settings
        )

    _act_on_all(order_ids, seller, decide_of, dry_run=dry_run, as_json=as_json)


@app.command(epilog="Example: dayfive check 903-5550101-0000001")
def check(
    order_ids: OrderIdsArgument,
    seller: OneSellerOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Have Amazon asked about orders now.

    Only inside their windows. The sender does it within minutes, at the pace of the usage plan,
    and asks the buyer if Amazon offers that and the seller is live.
    """
    _act_on_all(
        order_ids,
        seller,
        lambda _, owner: lambda order: on_check_now(order, seller=owner, now=datetime.now(UTC)),
        dry_run=dry_run,
        as_json=as_json,
    )


def _act_on_all(
    order_ids: list[str],
    seller_id: str | None,
    decide_of: DecideOf,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Each order by itself; one that is refused does not stop the others, and ends in status 1."""
    ids = [checked_order_id(order_id) for order_id in order_ids]
    deployment = Deployment.find()
    refused = 0
    for order_id in tracked(ids, "Writing") if len(ids) > 1 else ids:
        try:
            owner, order = find_order(
                deployment, order_id, seller_id=seller_id, on_corrupt=warn_corrupt
            )
        except OperatorError as error:
            refused += 1
            warn(str(error))
            continue
        outcome = act(deployment, order, decide_of(deployment, owner), dry_run=dry_run)
        if isinstance(outcome, Refused):
            refused += 1
            warn(f"{order_id}: {outcome.reason}")
        elif as_json:
            say_json(_as_json(outcome))
        else:
            say(_told(outcome, dry_run=dry_run))
            if outcome.unplanned:
                warn(f"{order_id}: not planned ({outcome.unplanned}); the hourly sweep finds it")
    if refused:
        raise typer.Exit(1)


def _told(outcome: Acted, *, dry_run: bool) -> str:
    order, would = outcome.order, "would become " if dry_run else ""
    text = f"{order.amazon_order_id}: {would}{order.status}"
    if not order.is_open:
        return f"{text}, not asked"
    if order.due_at <= datetime.now(UTC):
        return f"{text}, due now; see: dayfive order {order.amazon_order_id}"
    return f"{text}, first check {moment(order.due_at)}"


def _as_json(outcome: Acted) -> dict[str, object]:
    order: Solicitation = outcome.order
    return {
        "seller_id": order.seller_id,
        "amazon_order_id": order.amazon_order_id,
        "status_before": str(outcome.before.status),
        "status": str(order.status),
        "reason": order.reason,
        "due_at": order.due_at if order.is_open else None,
        "unplanned": outcome.unplanned,
    }
