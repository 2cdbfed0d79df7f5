"""`dayfive doctor` on a chain that is whole, and how it prints what it found."""

import json

from ops.doctor.finding import State
from ops.simulator import Simulator
from tests.integration.conftest import SELLER, Run
from tests.integration.doctor.conftest import Office


def test_a_whole_chain_has_nothing_wrong(office: Office) -> None:
    findings = office.examine()

    assert [str(each) for each in findings if each.state is State.WRONG] == []
    assert {each.link for each in findings} >= {
        "AWS", "stack", "code", "queue policy", "queue", "key", "functions", "schedules",
        "concurrency", "OrderChangeDlq", "WakeUpDlq", "ScheduleDlq", "connection", "secrets",
        "token", "access", "destination", "subscription", "filter", "secret age",
        "notifications", "calls", "application", "clock",
    }  # fmt: skip


def test_no_solicitation_is_ever_asked_about(office: Office) -> None:
    office.amazon.ledger.clear()

    office.examine()

    asked = {entry.operation for entry in office.amazon.ledger}
    assert asked == {"token", "getSubscription", "getDestinations"}


def test_it_prints_a_line_each_and_succeeds(run: Run) -> None:
    run("connect", "--seller", SELLER, "--region", "na")

    status, printed, error = run("doctor")

    assert (status, error) == (0, "")
    assert "ok    queue policy    Amazon may send\n" in printed
    assert f"\n{SELLER} in na\nnote  connection " in printed
    assert printed.endswith("Nothing is wrong; 2 not looked at.\n")
    assert "canary" not in printed


def test_one_seller_alone(run: Run) -> None:
    run("connect", "--seller", SELLER, "--region", "na")

    assert f"\n{SELLER} in na\n" in run("doctor", "--seller", SELLER)[1]
    assert (
        "sellers         A1STRANGER is not connected: run"
        in run("doctor", "--seller", "A1STRANGER")[1]
    )


def test_it_fails_when_something_is_wrong(run: Run, amazon: Simulator) -> None:
    run("connect", "--seller", SELLER, "--region", "na")
    amazon.notifications.subscriptions.clear()

    status, printed, _ = run("doctor")

    assert status == 1
    again = f"run dayfive connect --seller {SELLER} --region na"
    assert f"WRONG subscription    Amazon has none: {again}\n" in printed
    assert "1 to be mended" in printed


def test_json_is_a_line_each_too(run: Run) -> None:
    run("connect", "--seller", SELLER, "--region", "na")

    lines = [json.loads(line) for line in run("doctor", "--json")[1].splitlines()]

    assert {
        "link": "filter",
        "state": "ok",
        "text": "only changes of an order's status",
        "next_step": "",
        "seller_id": SELLER,
        "region": "na",
    } in lines
