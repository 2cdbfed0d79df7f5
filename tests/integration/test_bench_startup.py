"""What the start-up bench measures: first runs that do what they are said to do."""

from collections.abc import Iterator

import pytest

from ops.bench.first_runs import amazon, new_order, nothing_to_do, orders_asked, sweep
from ops.bench.startup import Bench
from ops.simulator.server import serve
from ops.simulator.simulator import Simulator

BEGUN = {"dynamodb", "scheduler"}


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    return amazon()


@pytest.fixture(scope="module")
def bench(simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with serve(simulator) as server:
        endpoints = (
            ("SP_API_ENDPOINT", server.sp_api_endpoint),
            ("LWA_ENDPOINT", server.lwa_endpoint),
        )
        yield Bench(tmp_path_factory.mktemp("bench"), dict(endpoints))


@pytest.mark.parametrize(
    ("first_run", "clients", "last_call"),
    [
        (nothing_to_do("intake"), BEGUN, None),
        (new_order(1), BEGUN, "CreateSchedule"),
        (nothing_to_do("sender"), BEGUN, None),
        (sweep(), {"dynamodb", "sqs"}, "Query"),
    ],
    ids=lambda value: getattr(value, "what", None),
)
def test_a_start_makes_the_clients_that_it_needs(
    bench: Bench, first_run, clients, last_call
) -> None:
    seen = bench.start("witness", first_run, compiled=True).answer

    assert sorted(seen["clients"]) == sorted(clients)
    assert [name for _, name, _ in seen["calls"][-1:]] == ([last_call] if last_call else [])


def test_the_senders_first_order_is_asked(bench: Bench, simulator: Simulator) -> None:
    seen = bench.start("witness", orders_asked(simulator, 1), compiled=True).answer

    assert sorted(seen["clients"]) == ["dynamodb", "scheduler", "secretsmanager"]
    assert [each.accepted for each in simulator.ledger].count(True) == 1


def test_the_floor_makes_the_same_calls(bench: Bench) -> None:
    plan = bench.start("witness", new_order(2), compiled=True).answer
    first_run = new_order(3)

    bench.start("floor", first_run, compiled=True, plan=plan)

    assert "904-0000000-0000002" in first_run.items
