"""docs/setup.md: what it says of the sandbox happens there, and what it quotes is what is said."""

import ast
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ops.local_cloud.cloud import LocalCloud
from ops.local_cloud.template import synthesise
from ops.simulator import serve
from tests.e2e.static_sandbox import ORDER, StaticSandbox
from tests.typed import typed

PROJECT = Path(__file__).parents[2]
GUIDE = (PROJECT / "docs" / "setup.md").read_text()
SELLER = "A3EXAMPLE00001"
OPEN = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)

DayFive = Callable[..., str]


def block(name: str) -> str:
    """What stands in the guide between this pair of markers, without its fence."""
    _, _, rest = GUIDE.partition(f"<!-- {name} -->\n```")
    return rest.partition("\n")[2].partition("```")[0]


@pytest.fixture
def sandbox() -> StaticSandbox:
    return StaticSandbox()


@pytest.fixture
def cloud(sandbox: StaticSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalCloud]:
    with serve(sandbox) as server:
        endpoints = {
            "SP_API_ENDPOINT": server.sp_api_endpoint,
            "LWA_ENDPOINT": server.lwa_endpoint,
        }
        credentials = {
            "DAYFIVE_CLIENT_ID": "amzn1.application-oa2-client.sandbox",
            "DAYFIVE_CLIENT_SECRET": "amzn1.oa2-cs.v1.sandbox",
            "DAYFIVE_REFRESH_TOKEN": "Atzr|sandbox",
        }
        for name, value in {**endpoints, **credentials}.items():
            monkeypatch.setenv(name, value)
        with LocalCloud.create(synthesise(), start=OPEN, environment=endpoints) as cloud:
            yield cloud


@pytest.fixture
def dayfive(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> DayFive:
    run = typed(monkeypatch, capsys)
    return lambda *arguments: run(*arguments)[1]


def status(cloud: LocalCloud) -> str:
    items = cloud.table_items(cloud.outputs["OrdersTableName"])
    [found] = [str(each["status"]) for each in items if each["amazon_order_id"] == ORDER]
    return found


def test_connecting_to_the_sandbox_prints_what_the_guide_says(
    cloud: LocalCloud, dayfive: DayFive
) -> None:
    again = block("sandbox connect").replace(
        f"stored in dayfive/app and dayfive/sellers/{SELLER}", "already stored"
    )

    assert dayfive("connect", "--seller", SELLER, "--region", "na") == block("sandbox connect")
    assert dayfive("connect", "--seller", SELLER, "--region", "na") == again


def test_three_lines_of_the_doctor_mean_nothing_there(cloud: LocalCloud, dayfive: DayFive) -> None:
    dayfive("connect", "--seller", SELLER, "--region", "na")

    wrong = re.findall(r"^WRONG (\S+)", dayfive("doctor"), re.M)

    assert wrong == ["destination", "subscription", "filter"]


def test_the_guides_order_is_seen_through_in_the_sandbox(
    cloud: LocalCloud, dayfive: DayFive, sandbox: StaticSandbox
) -> None:
    dayfive("connect", "--seller", SELLER, "--region", "na")
    cloud.send(cloud.outputs["OrderChangeQueueUrl"], block("sandbox notification"))
    cloud.run_until(cloud.now + timedelta(minutes=5))
    assert status(cloud) == "WAITING"
    assert f"GET /solicitations/v1/orders/{ORDER}" in sandbox.calls

    dayfive("live", "on", "--seller", SELLER, "--yes")
    cloud.run_until(cloud.now + timedelta(minutes=4))

    assert status(cloud) == "SENT"
    assert "secrets: removed" in dayfive("disconnect", "--seller", SELLER, "--yes")


def test_every_message_that_the_guide_quotes_is_one_of_ours() -> None:
    _, _, table = GUIDE.partition("| what it says |")
    quoted = re.findall(r"^\| `([^`]+)` \|", table, re.M)
    said = "\n".join(_texts())

    assert len(quoted) > 10
    assert [each for each in quoted if each.strip("()") not in said] == []


def _texts() -> Iterator[str]:
    """Every text in the sources that a command may print, and the codes of Amazon's login."""
    yield "invalid_client"
    for path in (PROJECT / "ops").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
