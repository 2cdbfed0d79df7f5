"""`dayfive backfill`, step by step: read, plan, and put on record, for one seller and region."""

from collections.abc import Callable
from datetime import UTC, datetime

from lambdas.core.marketplaces import Region
from lambdas.spapi.orders import Orders
from ops.backfill.place import Place, Span
from ops.backfill.planning import Plan, Rules, make_plan
from ops.backfill.reading import Reader, Reading
from ops.deployment import Deployment
from ops.orders import all_items
from ops.seller_api import amazon
from ops.state import state_folder


def find_place(
    deployment: Deployment, seller_id: str, region: Region, *, days: int, anew: bool
) -> Place:
    """Where an earlier run of the same question stopped, or a new place."""
    path = state_folder(deployment) / f"backfill.{seller_id}.{region}.jsonl"
    now = datetime.now(UTC)
    span = Span.of(seller_id, region, days=days, now=now)
    return Place(path=path, span=span) if anew else Place.find(path, span, now=now)


def read(deployment: Deployment, place: Place, *, tell: Callable[[Reading], None]) -> None:
    """Read what is left to read. Raises OperatorError; a stop loses nothing."""
    if place.is_complete:
        return
    with amazon(deployment, place.span.seller_id, place.span.region) as client:
        Reader(place, lambda: Orders(client()), tell=tell).read_all()


def plan(deployment: Deployment, place: Place) -> Plan:
    """What becomes of each order, by the deployed policy and the seller's settings."""
    seller_id = place.span.seller_id
    on_record = {item["amazon_order_id"] for item in all_items(deployment, seller_id, "status")}
    rules = Rules(
        seller_id=seller_id,
        region=place.span.region,
        policies=deployment.settings.policies,
        settings=deployment.seller_settings.get(seller_id),
    )
    return make_plan(place.orders.values(), rules, on_record=on_record, now=datetime.now(UTC))
