"""What the intake costs: its calls to AWS for each kind of news, its pace, and its own CPU."""

import gc
import io
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any, TypeVar
from uuid import uuid4

import boto3
from botocore.handlers import BUILTIN_HANDLERS
from rich.console import Console
from rich.table import Table

from lambdas import intake
from lambdas.aws.items import solicitation_item, to_attributes
from lambdas.config import ORDERS_AT_ONCE
from ops.bench.null_aws import null_aws
from ops.bench.plant import MARKETPLACE, REGION, due_order, plant
from ops.bench.sending import fill, seller
from ops.simulator.notices import order_change_notification, timestamp

SECONDS_PER_CALL = 0.02
BATCH = 100
TABLE_SIZES = (1_000, 100_000)

Work = TypeVar("Work")
_SELLER = seller(0)
_SUBSCRIPTION = f"subscription-{_SELLER.seller_id}"
_THROUGHPUT_ORDERS, _ONE_AT_A_TIME_ORDERS, _CPU_ORDERS, _CPU_ROUNDS = 500, 50, 300, 7


def run(console: Console) -> Mapping[str, Any]:
    """Print the calls by path at two sizes of the table, then throughput and CPU by ratio."""
    by_size = {size: calls_by_path(size) for size in TABLE_SIZES}
    small, large = (by_size[size] for size in TABLE_SIZES)
    paths = Table("news", *(f"with {size:,} orders" for size in TABLE_SIZES), box=None)
    for path in small:
        paths.add_row(path, _named(small[path]), _named(large[path]))
    console.print("The intake's calls to AWS for one order, by what is told of it")
    console.print(paths)
    faster, own_cpu, to_one_at_a_time = throughput(), cpu(), cpu_to_one_at_a_time()
    console.print(
        f"With {SECONDS_PER_CALL * 1000:.0f} ms for each call, one environment takes in"
        f" {faster:.1f} times as many new orders as one at a time would."
    )
    console.print(
        f"CPU for a new order: {own_cpu:.2f} times that of the same two calls made by bare boto3,"
        f" as many side by side; {to_one_at_a_time:.2f} times that of one call after the other,"
        " where AWS takes no time, so that one side changes threads all the time and one never."
    )
    return {
        "calls": {path: dict(calls) for path, calls in large.items()},
        "same_at_both_sizes": small == large,
        "throughput_over_one_at_a_time": round(faster, 2),
        "cpu_over_bare_boto3": round(own_cpu, 3),
        "cpu_over_bare_boto3_one_at_a_time": round(to_one_at_a_time, 3),
    }


def calls_by_path(orders_in_table: int) -> dict[str, Counter[str]]:
    """The calls that each kind of news costs, in an environment that knows its seller."""
    with _counting() as calls, plant() as here, environment(here.variables):
        here.connect(_SELLER)
        fill(here, {_SELLER: orders_in_table})
        news = {
            "new": notice(1),
            "the same again": notice(1),
            "shipped, without dates": notice(2, with_dates=False),
            "cancelled": notice(1, status="Canceled"),
            "cancelled before it shipped": notice(3, status="Canceled"),
            "not shipped": notice(4, status="Unshipped"),
            "of another type": json.dumps({"NotificationType": "ACCOUNT_STATUS_CHANGED"}),
        }
        for number in (5, 6):  # the first notes that news has come, and reads the seller anew
            _take_in([notice(number)])
        counted = {}
        for path, body in news.items():
            calls.clear()
            _take_in([body])
            counted[path] = calls.copy()
        return counted


def throughput() -> float:
    """New orders a second of one environment, over those of two calls after each other."""
    with _null_intake(SECONDS_PER_CALL):
        _take_in([notice(number) for number in range(BATCH)])  # the threads' connections
        began = time.perf_counter()
        for first in range(BATCH, BATCH + _THROUGHPUT_ORDERS, BATCH):
            _take_in([notice(number) for number in range(first, first + BATCH)])
        own = (time.perf_counter() - began) / _THROUGHPUT_ORDERS
        bare = _bare_calls()
        began = time.perf_counter()
        for number in range(_ONE_AT_A_TIME_ORDERS):
            bare(number)
        return (time.perf_counter() - began) / _ONE_AT_A_TIME_ORDERS / own


def cpu() -> float:
    """CPU of a new order over that of the same calls alone, as many of them side by side."""

    def bare(numbers: Sequence[int], call: Callable[[int], None]) -> None:
        with ThreadPoolExecutor(ORDERS_AT_ONCE) as threads:
            list(threads.map(call, numbers))

    return _cpu_over(bare, seconds_per_call=SECONDS_PER_CALL)


def cpu_to_one_at_a_time() -> float:
    """The same over the calls after each other, where AWS takes no time."""

    def bare(numbers: Sequence[int], call: Callable[[int], None]) -> None:
        for number in numbers:
            call(number)

    return _cpu_over(bare, seconds_per_call=0)


def _cpu_over(
    bare: Callable[[Sequence[int], Callable[[int], None]], None], *, seconds_per_call: float
) -> float:
    """The median of rounds in turns."""
    ratios = []
    with _null_intake(seconds_per_call):
        call = _bare_calls()
        _take_in([notice(number) for number in range(BATCH)])
        for round_ in range(_CPU_ROUNDS):
            first = (round_ + 1) * _CPU_ORDERS
            numbers = [range(at, at + BATCH) for at in range(first, first + _CPU_ORDERS, BATCH)]
            batches = [[notice(number) for number in batch] for batch in numbers]
            own = _cpu_of(_take_in, batches)
            floor = _cpu_of(lambda batch: bare(batch, call), numbers)
            ratios.append(own / floor)
    return median(ratios)


def notice(number: int, *, status: str = "Shipped", with_dates: bool = True) -> str:
    """The body of one ORDER_CHANGE; each order with dates is due in a minute of its own."""
    now = datetime.now(UTC).replace(microsecond=0)
    delivery = now + timedelta(days=2, minutes=number)
    dates = {
        "earliest_delivery_date": timestamp(delivery),
        "latest_delivery_date": timestamp(delivery + timedelta(days=4)),
    }
    fields = {
        "notification_version": "1.0",
        "notification_type": "ORDER_CHANGE",
        "payload_version": "1.0",
        "event_time": timestamp(now),
        "seller_id": _SELLER.seller_id,
        "amazon_order_id": f"904-{number // 10_000_000:07d}-{number % 10_000_000:07d}",
        "order_change_type": "OrderStatusChange",
        "time_of_order_change": timestamp(now),
        "marketplace_id": MARKETPLACE,
        "order_status": status,
        "fulfillment_type": "MFN" if with_dates else "AFN",
        "order_items": [{"order_item_id": f"{number}", "seller_sku": "MUG-BLUE"}],
        "application_id": "amzn1.sp.solution.bench",
        "subscription_id": _SUBSCRIPTION,
        "publish_time": timestamp(now),
        "notification_id": f"notification-{number}",
        **(dates if with_dates else {}),
    }
    return json.dumps(order_change_notification(fields))


def _take_in(bodies: Sequence[str]) -> None:
    sent = {"SentTimestamp": str(int(time.time() * 1000)), "ApproximateReceiveCount": "1"}
    records = [
        {"messageId": f"message-{number}", "body": body, "attributes": sent}
        for number, body in enumerate(bodies)
    ]
    with redirect_stdout(io.StringIO()):
        answer = intake.lambda_handler({"Records": records}, None)
    assert not answer["batchItemFailures"], answer


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    # A key of its own makes it a new execution environment for the functions.
    os.environ.update({**variables, "AWS_ACCESS_KEY_ID": uuid4().hex})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _null_intake(seconds: float) -> Iterator[None]:
    """The functions' own settings, with an AWS that takes so long and says yes."""
    with plant() as here:
        here.connect(_SELLER)
        here.environment().sellers.saw_notification(
            _SELLER.seller_id,
            _SELLER.region,
            application_id=None,
            usual_gap=None,
            now=datetime.now(UTC) + timedelta(days=3650),
        )
        item = boto3.client("dynamodb").get_item(
            TableName=here.outputs["OrdersTableName"],
            Key=to_attributes({"seller_id": _SELLER.seller_id, "amazon_order_id": "SELLER"}),
        )["Item"]
    sellers = {"Item": item}
    answers = {"GetItem": sellers, "CreateSchedule": {"ScheduleArn": "none"}}
    variables = {
        **here.variables,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_SECRET_ACCESS_KEY": "none",
    }
    with null_aws(answers, seconds=seconds), environment(variables):
        boto3.DEFAULT_SESSION = None  # one that was made before would not meet the null AWS
        yield


def _bare_calls() -> Callable[[int], None]:
    """What a new order needs of AWS, made by boto3 with everything prepared."""
    dynamodb, scheduler = boto3.client("dynamodb"), boto3.client("scheduler")
    order, _ = due_order(
        _SELLER, 1, due_at=datetime.now(UTC), closes_at=datetime.now(UTC) + timedelta(days=20)
    )
    item = to_attributes({**solicitation_item(order), "skus": ["MUG-BLUE"]})
    variables = os.environ

    def call(number: int) -> None:
        dynamodb.put_item(
            TableName=variables["ORDERS_TABLE_NAME"],
            Item={**item, "amazon_order_id": {"S": f"905-0000000-{number:07d}"}},
            ConditionExpression="attribute_not_exists(seller_id)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        scheduler.create_schedule(
            Name=f"{_SELLER.seller_id}.na.{number:012d}",
            GroupName=variables["SCHEDULE_GROUP_NAME"],
            ScheduleExpression="at(2026-12-01T00:00:00)",
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="DELETE",
            Target={
                "Arn": variables["WAKE_UP_QUEUE_ARN"],
                "RoleArn": variables["SCHEDULE_ROLE_ARN"],
                "Input": "{}",
                "SqsParameters": {"MessageGroupId": f"{_SELLER.seller_id}.na"},
                "DeadLetterConfig": {"Arn": variables["SCHEDULE_DLQ_ARN"]},
                "RetryPolicy": {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400},
            },
        )

    return call


@contextmanager
def _counting() -> Iterator[Counter[str]]:
    """Counts the calls of every client that is made inside."""
    calls: Counter[str] = Counter()

    def count(*, event_name: str, **_: Any) -> None:
        calls[event_name.rpartition(".")[2]] += 1

    handler: tuple[str, Callable[..., None]] = ("provide-client-params", count)
    BUILTIN_HANDLERS.append(handler)
    try:
        yield calls
    finally:
        BUILTIN_HANDLERS.remove(handler)


def _cpu_of(work: Callable[[Work], None], pieces: Iterable[Work]) -> float:
    gc.collect()
    began = time.process_time()
    for piece in pieces:
        work(piece)
    return time.process_time() - began


def _named(calls: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in calls.items()) or "none"
