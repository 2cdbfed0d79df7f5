"""`dayfive live on` and `dayfive live off`."""

from lambdas.core.marketplaces import Region
from ops.commands.console import (
    DryRunOption,
    SellerOption,
    YesOption,
    ask,
    checked_seller_id,
    command_group,
    say,
    tracked,
)
from ops.deployment import Deployment
from ops.live import LAST_CREATE_CALL_ENDS, connected_seller, end_live, go_live, waiting_for_live

app = command_group(name="live", help="Start or stop asking a seller's buyers.")


@app.command("on", epilog="Example: dayfive live on --seller A3EXAMPLE00001")
def live_on(seller: SellerOption, yes: YesOption = False, dry_run: DryRunOption = False) -> None:
    """Start asking this seller's buyers.

    What was found offered before is planned at once, soonest to close first.
    """
    seller_id, deployment = checked_seller_id(seller), Deployment.find()
    connected_seller(deployment, seller_id)
    if dry_run:
        waiting = sum(len(waiting_for_live(deployment, seller_id, region)) for region in Region)
        say(f"Would let DayFive ask the buyers of {seller_id}; orders to plan anew: {waiting}")
        return
    ask(f"Ask the buyers of {seller_id} from now on?", yes=yes)
    planned = go_live(deployment, seller_id, track=lambda orders: tracked(orders, "Planning"))
    say(f"live: {seller_id}; orders planned anew: {planned}")


@app.command("off", epilog="Example: dayfive live off --seller A3EXAMPLE00001")
def live_off(seller: SellerOption, yes: YesOption = False, dry_run: DryRunOption = False) -> None:
    """Stop asking this seller's buyers.

    Orders are still taken in and checked. Returns when nothing can be sent any more.
    """
    seller_id, deployment = checked_seller_id(seller), Deployment.find()
    connected_seller(deployment, seller_id)
    if dry_run:
        say(f"Would stop asking the buyers of {seller_id}")
        return
    ask(f"Stop asking the buyers of {seller_id}?", yes=yes)
    wait = LAST_CREATE_CALL_ENDS.total_seconds()
    say(f"stopping; a call may be on its way, so this takes {wait:.0f} seconds")
    end_live(deployment, seller_id)
    say(f"not live: {seller_id}; nothing more is sent")
