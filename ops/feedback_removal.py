"""`dayfive feedback-removal`: asks a buyer to take a feedback back, only where Amazon offers it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lambdas.core.marketplaces import Region, country_of
from lambdas.spapi.errors import OutcomeUnknownError, RequestRejectedError, SpApiError
from lambdas.spapi.messaging import NEGATIVE_FEEDBACK_REMOVAL, Messaging
from ops.deployment import Deployment
from ops.errors import OperatorError
from ops.seller_api import amazon, refused
from ops.state import state_folder
from ops.wording import moment

ROLE = "Buyer Communication"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackOrder:
    """The order whose feedback it is, and where it was sold."""

    seller_id: str
    region: Region
    amazon_order_id: str
    marketplace_id: str


class FeedbackRemoval:
    """Looks and asks, for one order; each may be called on its own.

    Raises OperatorError for every answer but the one that was hoped for.
    """

    def __init__(self, deployment: Deployment, order: FeedbackOrder) -> None:
        self._deployment = deployment
        self._order = order
        self._mark = _mark(state_folder(deployment), order)

    def require_offer(self) -> None:
        """Ask Amazon whether it offers the action now. Raises OperatorError if it does not."""
        order = self._order
        try:
            with amazon(self._deployment, order.seller_id, order.region) as client:
                offered = Messaging(client()).get_messaging_actions_for_order(
                    order.amazon_order_id, order.marketplace_id
                )
        except SpApiError as error:
            if isinstance(error, RequestRejectedError) and error.status == 404:
                raise OperatorError(
                    f"Amazon knows no order {order.amazon_order_id} of seller {order.seller_id} in"
                    f" {country_of(order.marketplace_id)}: look at its number and --marketplace"
                ) from None
            raise refused(error, role=ROLE) from None
        if NEGATIVE_FEEDBACK_REMOVAL in offered:
            return
        others = f" (only {', '.join(sorted(offered))})" if offered else ""
        raise OperatorError(
            f"Amazon no longer offers this: for order {order.amazon_order_id} it lists no"
            f" {NEGATIVE_FEEDBACK_REMOVAL}{others}, and it took the operation out of its Messaging"
            " API in August 2025; feedback that breaks Amazon's rules can be reported in Seller"
            " Central"
        )

    def require_no_open_call(self) -> None:
        """Raises OperatorError if an earlier call from this machine may have gone out."""
        if self._mark.exists():
            at = self._mark.read_text()
            raise OperatorError(
                f"the buyer of order {self._order.amazon_order_id} was or may have been asked"
                f" at {at}: look at the order's messages in Seller Central, and"
                " only if there is none run this again with --again"
            )

    def create(self) -> str:
        """Ask the buyer, once; gives Amazon's request id. An unclear answer stays marked."""
        order = self._order
        before = self._mark.read_text() if self._mark.exists() else None

        def mark() -> bool:
            self._mark.write_text(moment(datetime.now(UTC)))
            return True

        try:
            with amazon(self._deployment, order.seller_id, order.region) as client:
                return Messaging(client()).create_negative_feedback_removal(
                    order.amazon_order_id, order.marketplace_id, before_sending=mark
                )
        except OutcomeUnknownError as error:
            raise OperatorError(
                f"{error}: it may have been sent, so it is not repeated; look at the order's"
                " messages in Seller Central"
            ) from None
        except SpApiError as error:
            if before is None:
                self._mark.unlink(missing_ok=True)
            else:
                self._mark.write_text(before)
            raise refused(error, role=ROLE) from None


def _mark(folder: Path, order: FeedbackOrder) -> Path:
    return folder / f"feedback-removal.{order.seller_id}.{order.amazon_order_id}"
