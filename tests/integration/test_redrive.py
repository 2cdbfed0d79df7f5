"""`dayfive redrive` as an operator runs it: what it shows, what it sends back, and what stays."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ops.dead_letters import Dlq
from ops.deployment import Deployment
from ops.local_cloud.stack import Stack
from ops.redrive import Redrive
from tests.builders import order_change_body
from tests.integration.conftest import OTHER_SELLER, SELLER, START, SUBSCRIPTION, Run

ORDER = "903-5550101-0000001"
POSTAL_CODE = "D0Q 5U0"


def body(**overrides: object) -> str:
    fields = {
        "seller_id": SELLER,
        "subscription_id": SUBSCRIPTION,
        "amazon_order_id": ORDER,
        "destination_postal_code": POSTAL_CODE,
    }
    return order_change_body(**{**fields, **overrides})


def wake_up(seller: str = SELLER, region: str = "na") -> str:
    return json.dumps({"seller_id": seller, "region": region, "minute": "20260310T1201"})


class Queues:
    """The deployed queues, to put letters on and to see what arrives."""

    def __init__(self, stack: Stack) -> None:
        self._outputs = stack.outputs
        self._sqs = boto3.client("sqs")
        deployment = Deployment.find()
        deployment.sellers.create(SELLER, now=START)
        deployment.sellers.set_region(SELLER, "na", {"subscription_id": SUBSCRIPTION})

    def bury(self, dlq: str, body: str, **attributes: str) -> str:
        """Put a letter on a dead-letter queue; gives its id."""
        group = {"MessageGroupId": f"{SELLER}.na", "MessageDeduplicationId": body + str(self)}
        sent = self._sqs.send_message(
            QueueUrl=self._outputs[f"{dlq}Url"],
            MessageBody=body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
            },
            **(group if dlq == "WakeUpDlq" else {}),
        )
        return str(sent["MessageId"])

    def bodies(self, queue: str) -> list[str]:
        """All that lies on a queue; it is gone then."""
        url = self._outputs.get(f"{queue}Url", "")
        received = []
        while batch := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            received += [each["Body"] for each in batch]
            for each in batch:
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
        return received

    def depth(self, queue: str) -> int:
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        answer = self._sqs.get_queue_attributes(
            QueueUrl=self._outputs[f"{queue}Url"], AttributeNames=[*names]
        )
        return sum(int(answer["Attributes"][name]) for name in names)

    def visible(self, queue: str) -> int:
        name = "ApproximateNumberOfMessages"
        answer = self._sqs.get_queue_attributes(
            QueueUrl=self._outputs[f"{queue}Url"], AttributeNames=[name]
        )
        return int(answer["Attributes"][name])


@pytest.fixture
def queues(stack: Stack) -> Queues:
    return Queues(stack)


def listed(dayfive: Run, *more: str) -> list[dict[str, Any]]:
    status, printed, error = dayfive("redrive", "--json", *more)
    assert status == 0, error
    return [json.loads(line) for line in printed.splitlines()]


def test_empty_queues_are_said_to_be_empty(dayfive: Run, stack: Stack) -> None:
    assert dayfive("redrive") == (
        0,
        "OrderChangeDlq: empty\nWakeUpDlq: empty\nScheduleDlq: empty\n",
        "",
    )


def test_it_shows_what_is_there_and_why(dayfive: Run, queues: Queues) -> None:
    message = queues.bury("OrderChangeDlq", body())

    status, printed, _ = dayfive("redrive", "--queue", "order-change", "--dry-run")

    assert status == 0
    assert printed == (
        "OrderChangeDlq: 1 message\n"
        f"  message   since                 of                   now        why it is here\n"
        f"  {message[:8]}  2026-03-02 12:00 UTC  {ORDER}  goes back  failed: nothing stands in its"
        " way now: what failed is over\n"
        "Would send back 1 message\n"
    )
    assert queues.visible("OrderChangeDlq") == 1


@pytest.mark.parametrize(
    ("letter", "reason", "why", "goes_back"),
    [
        ("{", "malformed", "body is not JSON", False),
        (body(seller_id=None), "malformed", "SellerId is missing", False),
        (
            body(notification_type="ACCOUNT_STATUS_CHANGED"),
            "foreign_type",
            "another kind of notification (ACCOUNT_STATUS_CHANGED): needs no work",
            True,
        ),
        (body(order_status="Unshipped"), "not_shipped", "needs no work", True),
        (
            body(seller_id=OTHER_SELLER),
            "unknown_seller",
            "its seller is not connected, so it would be dropped",
            False,
        ),
        (
            body(subscription_id="another"),
            "foreign_subscription",
            "its subscription is not the one that was connected: run dayfive connect, if it should"
            " be",
            False,
        ),
        (body(), "failed", "nothing stands in its way now: what failed is over", True),
    ],
)
def test_each_reason_is_the_intakes_own(
    dayfive: Run, queues: Queues, letter: str, reason: str, why: str, goes_back: bool
) -> None:
    queues.bury("OrderChangeDlq", letter)

    [record] = listed(dayfive)

    assert (record["reason"], record["why"], record["chosen"]) == (reason, why, goes_back)


def test_a_record_that_cannot_be_read_keeps_its_letter(dayfive: Run, queues: Queues) -> None:
    table = Deployment.find().output("OrdersTableName")
    item = {"seller_id": {"S": SELLER}, "amazon_order_id": {"S": ORDER}, "status": {"S": "ODD"}}
    boto3.client("dynamodb").put_item(TableName=table, Item=item)
    queues.bury("OrderChangeDlq", body())

    [record] = listed(dayfive)

    assert record["reason"] == "corrupt_record"
    assert not record["chosen"]


def test_nothing_private_is_shown(dayfive: Run, queues: Queues) -> None:
    queues.bury("OrderChangeDlq", body())
    queues.bury("OrderChangeDlq", body(seller_id=None))

    shown = dayfive("redrive", "--dry-run")[1] + dayfive("redrive", "--json")[1]

    assert POSTAL_CODE not in shown
    assert "DAYFIVE-MUG" not in shown


def test_what_can_be_taken_in_now_goes_back_as_it_was(dayfive: Run, queues: Queues) -> None:
    queues.bury("OrderChangeDlq", body())
    queues.bury("OrderChangeDlq", "{")

    status, printed, _ = dayfive("redrive", "--yes")

    assert status == 0
    assert printed.endswith("sent back: 1 message\n")
    assert queues.bodies("OrderChangeQueue") == [body()]
    assert queues.bodies("OrderChangeDlq") == ["{"]


def test_a_message_that_is_named_goes_back_all_the_same(dayfive: Run, queues: Queues) -> None:
    broken = queues.bury("OrderChangeDlq", "{")
    queues.bury("OrderChangeDlq", body())

    assert dayfive("redrive", "--message", broken[:12], "--yes")[0] == 0
    assert queues.bodies("OrderChangeQueue") == ["{"]
    assert queues.depth("OrderChangeDlq") == 1


def test_a_name_that_fits_none_is_an_error(dayfive: Run, queues: Queues) -> None:
    status, _, error = dayfive("redrive", "--message", "nothing", "--yes")

    assert (status, error) == (
        1,
        "dayfive: --message nothing is in none of the queues: dayfive redrive --json lists them"
        " all\n",
    )


def test_schedules_that_could_not_be_delivered_become_one_wake_up(
    dayfive: Run, queues: Queues
) -> None:
    arn = f"arn:aws:scheduler:us-east-1:123456789012:schedule/Group/{SELLER}.eu.20260310T1201"
    queues.bury("ScheduleDlq", wake_up(), ERROR_CODE="AccessDenied", SCHEDULE_ARN="-")
    queues.bury("ScheduleDlq", wake_up(), ERROR_CODE="AccessDenied", SCHEDULE_ARN="-")
    queues.bury("ScheduleDlq", "cut short", ERROR_CODE="Throttled", SCHEDULE_ARN=arn)

    records = listed(dayfive, "--yes")

    assert {(each["why"], each["region"], each["done"]) for each in records} == {
        ("its schedule could not deliver it (AccessDenied)", "na", True),
        ("its schedule could not deliver it (Throttled)", "eu", True),
    }
    woken = sorted(json.loads(each)["region"] for each in queues.bodies("WakeUpQueue"))
    assert woken == ["eu", "na"]
    assert queues.depth("ScheduleDlq") == 0


def test_a_group_of_wake_ups_longer_than_one_batch_goes_back_whole(
    dayfive: Run, queues: Queues
) -> None:
    for minute in range(14):
        text = json.dumps({"seller_id": SELLER, "region": "na", "minute": minute})
        queues.bury("WakeUpDlq", text)

    status, printed, _ = dayfive("redrive", "--queue", "wake-up", "--yes")

    assert status == 0
    assert printed.startswith("WakeUpDlq: 14 messages\n")
    assert "and 4 more" in printed
    assert printed.endswith("sent back: 14 messages\n")
    assert len(queues.bodies("WakeUpQueue")) == 1
    assert queues.depth("WakeUpDlq") == 0


def test_what_is_no_wake_up_stays_and_may_only_be_deleted(dayfive: Run, queues: Queues) -> None:
    message = queues.bury("WakeUpDlq", '{"seller_id": "nobody?"}')

    assert "(stays)" not in dayfive("redrive", "--yes")[1]
    assert queues.depth("WakeUpDlq") == 1
    status, _, error = dayfive("redrive", "--message", message, "--yes")
    assert status == 1
    assert error.endswith("it can only be deleted (--delete)\n")

    assert dayfive("redrive", "--delete", "--yes")[1].endswith("deleted: 1 message\n")
    assert queues.depth("WakeUpDlq") == 0
    assert queues.bodies("WakeUpQueue") == []


def test_deleting_takes_only_what_cannot_go_back(dayfive: Run, queues: Queues) -> None:
    queues.bury("OrderChangeDlq", "{")
    queues.bury("OrderChangeDlq", body())

    dayfive("redrive", "--delete", "--yes")

    assert queues.bodies("OrderChangeDlq") == [body()]
    assert queues.bodies("OrderChangeQueue") == []


def test_json_without_yes_only_lists(dayfive: Run, queues: Queues) -> None:
    queues.bury("OrderChangeDlq", body())

    [record] = listed(dayfive)

    assert (record["chosen"], record["done"]) == (True, False)
    assert queues.visible("OrderChangeDlq") == 1
    assert queues.depth("OrderChangeQueue") == 0


def test_killed_between_copy_and_deletion_it_keeps_the_message(queues: Queues) -> None:
    queues.bury("OrderChangeDlq", body())
    deployment = Deployment.find()

    def die(**_: object) -> None:
        raise KeyboardInterrupt

    redrive = _redrive_with(deployment, "before-call.sqs.DeleteMessage", die)
    with pytest.raises(KeyboardInterrupt):
        list(redrive.send_back(Dlq.ORDER_CHANGE, lambda _: True, limit=10))

    assert queues.bodies("OrderChangeQueue") == [body()]
    assert queues.visible("OrderChangeDlq") == 1


def test_a_copy_that_was_refused_deletes_nothing(queues: Queues) -> None:
    queues.bury("OrderChangeDlq", body())
    deployment = Deployment.find()

    def refuse(**_: object) -> None:
        raise ClientError({"Error": {"Code": "KmsAccessDenied"}}, "SendMessage")

    redrive = _redrive_with(deployment, "before-call.sqs.SendMessage", refuse)
    with pytest.raises(Exception, match="sqs:SendMessage: KmsAccessDenied"):
        list(redrive.send_back(Dlq.ORDER_CHANGE, lambda _: True, limit=10))

    assert queues.visible("OrderChangeDlq") == 1


def test_a_limit_leaves_the_rest(dayfive: Run, queues: Queues) -> None:
    for number in range(3):
        queues.bury("OrderChangeDlq", body(amazon_order_id=f"903-5550101-000000{number}"))

    dayfive("redrive", "--limit", "2", "--yes")

    assert queues.depth("OrderChangeQueue") == 2
    assert queues.depth("OrderChangeDlq") == 1


def _redrive_with(deployment: Deployment, event: str, hook: Any) -> Redrive:
    """A redrive whose calls to AWS meet a fault."""
    deployment._session.events.register(event, hook)
    return Redrive(deployment)
