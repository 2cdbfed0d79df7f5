"""`dayfive export` as it is typed."""

import csv
import io
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient

from lambdas.core.marketplaces import Region
from lambdas.core.solicitation import Check, Status
from ops.export import COLUMNS
from tests.integration.conftest import SELLER, Run
from tests.integration.operator.conftest import OPENS, Shop, order_id

OTHER = "A1DAYFIVEEU001"
DE = "A1PA6795UKMFR9"
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\N{FULLWIDTH EQUALS SIGN}1")


def stock(shop: Shop) -> None:
    """An order of each of two sellers, the one asked about and the other waiting."""
    shop.connect(OTHER, region=Region.EU)
    checks = (
        Check(at=OPENS, answer="not_offered"),
        Check(at=OPENS + timedelta(days=1), answer="offered"),
    )
    sent_at = OPENS + timedelta(days=1)
    shop.put(
        1,
        status=Status.SENT,
        reason="sent",
        sent_at=sent_at,
        request_id="request-1",
        checks=checks,
        skus=("MUG-BLUE", "MUG-SAND"),
    )
    shop.put(2, seller_id=OTHER, region=Region.EU, marketplace_id=DE)


def rows(printed: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(printed, newline="")))


def test_every_order_of_every_seller_is_a_line(dayfive: Run, shop: Shop) -> None:
    stock(shop)

    status, printed, error = dayfive("export")

    assert (status, error) == (0, "")
    waiting, sent = rows(printed)
    assert tuple(sent) == COLUMNS
    assert {name: sent[name] for name in ("seller_id", "amazon_order_id", "country", "status")} == {
        "seller_id": "A1DAYFIVENA001",
        "amazon_order_id": order_id(1),
        "country": "US",
        "status": "SENT",
    }
    assert sent["skus"] == "MUG-BLUE MUG-SAND"
    assert (sent["checks"], sent["last_check_at"], sent["last_answer"]) == (
        "2",
        "2026-03-11T08:00:00.000Z",
        "offered",
    )
    assert (sent["sent_at"], sent["due_at"]) == ("2026-03-11T08:00:00.000Z", "")
    assert (waiting["country"], waiting["due_at"]) == ("DE", "2026-03-10T08:00:00.000Z")


def test_json_lines_have_all_that_is_known(dayfive: Run, shop: Shop) -> None:
    stock(shop)

    status, printed, _ = dayfive("export", "--format", "jsonl", "--seller", SELLER)

    assert status == 0
    [line] = printed.splitlines()
    order = json.loads(line)
    assert order["checks"][-1] == {"at": "2026-03-11T08:00:00.000Z", "answer": "offered"}
    assert order["skus"] == ["MUG-BLUE", "MUG-SAND"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["--seller", OTHER], [2]),
        (["--region", "na"], [1]),
        (["--state", "SENT", "--state", "HELD"], [1]),
        (["--marketplace", "DE"], [2]),
        (["--sku", "MUG-SAND"], [1]),
        (["--state", "EXPIRED"], []),
    ],
    ids=range(6),
)
def test_filters_choose_orders(
    dayfive: Run, shop: Shop, filters: list[str], expected: list[int]
) -> None:
    stock(shop)

    status, printed, _ = dayfive("export", *filters)

    assert status == 0
    assert [row["amazon_order_id"] for row in rows(printed)] == [order_id(n) for n in expected]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_can_run_in_a_spreadsheet(dayfive: Run, shop: Shop, text: str) -> None:
    shop.put(1, status=Status.HELD, reason=text, skus=(f"{text}",))

    _, printed, _ = dayfive("export")

    [row] = rows(printed)
    assert row["reason"] == f"'{text}"
    assert row["skus"] == f"'{text}"


def test_a_value_with_quotes_commas_and_lines_stays_one_cell(dayfive: Run, shop: Shop) -> None:
    reason = 'said "no", and\nno more'
    shop.put(1, status=Status.HELD, reason=reason)

    _, printed, _ = dayfive("export")

    assert rows(printed)[0]["reason"] == reason


def test_a_file_is_written_whole_and_over_an_old_one_only_when_asked(
    dayfive: Run, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock(shop)
    output = tmp_path / "orders.csv"

    assert dayfive("export", "--output", str(output)) == (0, f"{output}: 2 orders\n", "")
    assert len(rows(output.read_text())) == 2
    output.write_text("mine")
    monkeypatch.setattr("typer.confirm", lambda _: False)
    assert dayfive("export", "--output", str(output))[0] == 1
    assert output.read_text() == "mine"
    assert dayfive("export", "--output", str(output), "--yes")[0] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["orders.csv"]


def test_a_dry_run_counts(dayfive: Run, shop: Shop, tmp_path: Path) -> None:
    stock(shop)
    output = tmp_path / "orders.csv"

    status, printed, _ = dayfive("export", "--output", str(output), "--dry-run")

    assert (status, printed) == (0, f"Would write 2 orders to {output}\n")
    assert not output.exists()


def test_a_place_that_cannot_be_written_is_said_in_one_line(
    dayfive: Run, shop: Shop, tmp_path: Path
) -> None:
    output = tmp_path / "nowhere" / "orders.csv"

    status, _, error = dayfive("export", "--output", str(output))

    assert (status, error) == (
        1,
        f"dayfive: {output} cannot be written: No such file or directory\n",
    )


def test_a_record_that_cannot_be_read_is_named_and_stops_no_other(dayfive: Run, shop: Shop) -> None:
    shop.put(1)
    shop.put(2)
    spoil(shop, 1)

    status, printed, error = dayfive("export")

    assert status == 0
    assert [row["amazon_order_id"] for row in rows(printed)] == [order_id(2)]
    assert error.count("\n") == 1
    assert order_id(1) in error


def spoil(shop: Shop, number: int) -> None:
    boto3.client("dynamodb").update_item(
        TableName=shop.deployment.output("OrdersTableName"),
        Key={"seller_id": {"S": SELLER}, "amazon_order_id": {"S": order_id(number)}},
        UpdateExpression="SET #status = :odd",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":odd": {"S": "LOST"}},
    )


@pytest.mark.parametrize("command", ["export", "orders", "orders --json", "status"])
def test_a_reader_that_has_seen_enough_is_no_error(
    dayfive: Run, shop: Shop, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    shop.put(1)
    theirs, ours = os.pipe()
    os.close(theirs)

    with os.fdopen(ours, "w") as pipe:
        monkeypatch.setattr("sys.stdout", pipe)
        assert dayfive(*command.split())[0] == 0


def test_orders_are_written_while_they_are_read(
    dayfive: Run, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of the table holds few of these, and no more than a page is held at a time."""
    reason = "long " * 8000
    for number in range(1, 60):
        shop.put(number, status=Status.HELD, reason=reason)
    printed = io.StringIO()
    queries_at: list[int] = []
    make_call: Any = BaseClient._make_api_call

    def watched(self: Any, operation: str, parameters: Any) -> Any:
        if operation == "Query" and "IndexName" not in parameters:
            queries_at.append(printed.getvalue().count("\n"))
        return make_call(self, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", watched)
    monkeypatch.setattr("sys.stdout", printed)

    assert dayfive("export")[0] == 0

    assert printed.getvalue().count("\n") == 60
    assert len(queries_at) == 3
    assert queries_at[0] == 1 < queries_at[1] < queries_at[2]
