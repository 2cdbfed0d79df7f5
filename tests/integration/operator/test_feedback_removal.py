"""`dayfive feedback-removal` as it is typed: asks only where Amazon offers it, and never twice."""

from pathlib import Path

import pytest

from lambdas.core.marketplaces import Region
from ops.simulator import Fault, FaultKind, SimulatedOrder, Simulator
from ops.simulator.operations import CREATE_FEEDBACK_REMOVAL, GET_MESSAGING_ACTIONS, Role
from tests.integration.conftest import SELLER, US, Run
from tests.integration.operator.conftest import Shop, order_id

ORDER = order_id(1)
REMOVE = ("feedback-removal", ORDER)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def order(shop: Shop, run: Run, amazon: Simulator) -> SimulatedOrder:
    """An order on record and at Amazon, which offers to ask for the removal of its feedback."""
    assert run("connect", "--seller", SELLER, "--region", "na", "--yes")[0] == 0
    shop.put(1)
    order = SimulatedOrder(
        amazon_order_id=ORDER, seller_id=SELLER, marketplace_id=US, shipped_at=shop.clock.now
    )
    amazon.add_order(order)
    amazon.messaging.removable.add(ORDER)
    return order


def calls(amazon: Simulator, operation: str) -> int:
    return sum(entry.operation == operation for entry in amazon.ledger)


def test_the_buyer_is_asked_once_where_amazon_offers_it(run: Run, amazon: Simulator) -> None:
    status, printed, error = run(*REMOVE, "--yes")

    assert (status, error) == (0, "")
    request_id = amazon.ledger[-1].request_id
    assert printed == f"asked: the buyer of {ORDER} (Amazon's request {request_id})\n"
    assert list(amazon.messaging.removals) == [ORDER]
    assert calls(amazon, GET_MESSAGING_ACTIONS) == calls(amazon, CREATE_FEEDBACK_REMOVAL) == 1


def test_what_amazon_does_not_offer_is_said_plainly_and_not_tried(
    run: Run, amazon: Simulator
) -> None:
    amazon.messaging.removable.clear()

    status, printed, error = run(*REMOVE, "--yes")

    assert (status, printed) == (1, "")
    assert error == (
        f"dayfive: Amazon no longer offers this: for order {ORDER} it lists no"
        " negativeFeedbackRemoval (only confirmDeliveryDetails, unexpectedProblem), and it took the"
        " operation out of its Messaging API in August 2025; feedback that breaks Amazon's rules"
        " can be reported in Seller Central\n"
    )
    assert calls(amazon, CREATE_FEEDBACK_REMOVAL) == 0


def test_an_order_that_amazon_does_not_know(run: Run) -> None:
    unknown = order_id(9)

    assert run("feedback-removal", unknown, "--seller", SELLER, "--marketplace", "US")[2] == (
        f"dayfive: Amazon knows no order {unknown} of seller {SELLER} in US: look at its number and"
        " --marketplace\n"
    )


def test_an_action_that_is_disabled_is_not_offered(run: Run, amazon: Simulator) -> None:
    amazon.messaging.disabled.add(ORDER)

    assert run(*REMOVE, "--yes")[0] == 1
    assert calls(amazon, CREATE_FEEDBACK_REMOVAL) == 0


def test_a_dry_run_looks_and_asks_nobody(run: Run, amazon: Simulator) -> None:
    status, printed, _ = run(*REMOVE, "--dry-run")

    assert status == 0
    assert printed == f"Amazon offers it: would ask the buyer of {ORDER} to remove the feedback\n"
    assert calls(amazon, CREATE_FEEDBACK_REMOVAL) == 0


def test_the_operator_is_asked_first(
    run: Run, amazon: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions: list[str] = []
    monkeypatch.setattr("typer.confirm", lambda question: bool(questions.append(question)))

    status, _, error = run(*REMOVE)

    assert (status, error) == (1, "dayfive: nothing was changed\n")
    assert questions == [
        f"Was the complaint about {ORDER} resolved, and shall its buyer be asked, once, to remove"
        " the feedback?"
    ]
    assert amazon.messaging.removals == {}


@pytest.mark.parametrize("kind", [FaultKind.LOST_ANSWER, FaultKind.LATE_ERROR])
def test_a_call_that_may_have_gone_out_is_never_repeated_by_itself(
    run: Run, amazon: Simulator, kind: FaultKind
) -> None:
    amazon.faults = [Fault(kind=kind, operation=CREATE_FEEDBACK_REMOVAL)]
    status, _, error = run(*REMOVE, "--yes")
    assert status == 1
    assert "it may have been sent, so it is not repeated" in error
    assert error.count("\n") == 1
    amazon.faults = []
    amazon.messaging.removals.clear()

    status, _, error = run(*REMOVE, "--yes")

    assert status == 1
    assert error == (
        f"dayfive: the buyer of order {ORDER} was or may have been asked at"
        " 2026-03-11 08:00 UTC: look at the order's messages in Seller Central, and only if"
        " there is none run this again with --again\n"
    )
    assert calls(amazon, CREATE_FEEDBACK_REMOVAL) == 1
    assert run(*REMOVE, "--yes", "--again")[0] == 0
    assert calls(amazon, CREATE_FEEDBACK_REMOVAL) == 2


@pytest.mark.parametrize("kind", [FaultKind.THROTTLE, FaultKind.HTML_403])
def test_a_call_that_was_refused_may_be_made_again(
    run: Run, amazon: Simulator, kind: FaultKind
) -> None:
    amazon.faults = [Fault(kind=kind, operation=CREATE_FEEDBACK_REMOVAL)]
    status, _, error = run(*REMOVE, "--yes")
    assert status == 1
    assert error.count("\n") == 1
    amazon.faults = []

    assert run(*REMOVE, "--yes")[0] == 0


def test_a_missing_role_is_named(run: Run, amazon: Simulator) -> None:
    amazon.accounts.revoke(SELLER, Region.NA, Role.BUYER_COMMUNICATION)

    status, _, error = run(*REMOVE, "--yes")

    assert status == 1
    assert "give the application the role Buyer Communication" in error
    assert error.count("\n") == 1


def test_an_order_that_is_not_on_record_needs_its_seller_and_marketplace(
    run: Run, amazon: Simulator, order: SimulatedOrder
) -> None:
    other = order_id(2)
    amazon.add_order(
        SimulatedOrder(
            amazon_order_id=other, seller_id=SELLER, marketplace_id=US, shipped_at=order.shipped_at
        )
    )
    amazon.messaging.removable.add(other)

    status, _, error = run("feedback-removal", other, "--yes")
    assert status == 1
    assert f"order {other} is not on record" in error
    status, _, error = run("feedback-removal", other, "--marketplace", "US", "--yes")
    assert (status, error) == (1, "dayfive: --marketplace goes with --seller: whose order is it?\n")

    arguments = ("--seller", SELLER, "--marketplace", "US", "--yes")
    assert run("feedback-removal", other, *arguments)[0] == 0
    assert list(amazon.messaging.removals) == [other]


def test_an_id_that_is_none_is_refused_before_anything_else(run: Run, amazon: Simulator) -> None:
    status, _, error = run("feedback-removal", "../../etc/passwd")

    assert status == 2
    assert "is not an order id" in error
    assert calls(amazon, GET_MESSAGING_ACTIONS) == 0
