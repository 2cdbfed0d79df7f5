"""One-shot schedules that wake a seller's sender: named after what they do, never changed."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from lambdas.aws.errors import AwsRefusedError, AwsUnavailableError, error_code, translated
from lambdas.core.marketplaces import Region

# A clock a little behind must not find "not due" when the schedule wakes it.
_SLACK = timedelta(seconds=30)

# A schedule fires within 60 seconds of its minute; one in the past is refused.
_LEAST_AHEAD = timedelta(minutes=2)

# A run has many orders: only the first may wait so long in vain. The sweeper finds the others.
_LONG_WAIT, _GIVEN_UP_FOR = 4.0, 60.0

# EventBridge Scheduler's own limits: it tries for a day before its dead-letter queue.
_RETRY_POLICY = {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400}


def wake_up_minute(due_at: datetime, *, now: datetime) -> datetime:
    """The minute at which a seller with an order due at `due_at` is to be woken."""
    return max(_round_up(due_at + _SLACK), _round_up(now + _LEAST_AHEAD))


def schedule_name(seller_id: str, region: Region, minute: datetime) -> str:
    """The schedule's name, which says who is woken and when: two of one name are the same."""
    return f"{seller_id}.{region}.{_compact(minute)}"


def message_group(seller_id: str, region: Region) -> str:
    """The FIFO message group in which one seller's runs of one region follow each other."""
    return f"{seller_id}.{region}"


class Schedules:
    """Creates wake-ups in the stack's schedule group.

    Raises AwsUnavailableError, or AwsRefusedError when AWS refuses the schedule itself.
    """

    def __init__(
        self, client: Any, *, group_name: str, target_arn: str, role_arn: str, dlq_arn: str
    ) -> None:
        self._client = client
        self._group_name = group_name
        self._target_arn = target_arn
        self._role_arn = role_arn
        self._dlq_arn = dlq_arn
        self._given_up_until = 0.0

    def wake(self, seller_id: str, region: Region, due_at: datetime) -> datetime:
        """Plan that this seller is woken for an order due at `due_at`; gives the minute."""
        begun = time.monotonic()
        if begun < self._given_up_until:
            raise AwsUnavailableError("scheduler:CreateSchedule: out of reach a moment ago")
        minute = wake_up_minute(due_at, now=datetime.now(UTC))
        try:
            self._create(seller_id, region, minute)
        except AwsUnavailableError:
            if time.monotonic() - begun > _LONG_WAIT:
                self._given_up_until = time.monotonic() + _GIVEN_UP_FOR
            raise
        except AwsRefusedError as error:
            if error.code != "ValidationException":
                raise
            # The minute may have passed while the call was on its way: once more, from now.
            minute = wake_up_minute(due_at, now=datetime.now(UTC))
            self._create(seller_id, region, minute)
        return minute

    def _create(self, seller_id: str, region: Region, minute: datetime) -> None:
        body = {"seller_id": seller_id, "region": str(region), "minute": _compact(minute)}
        with translated("scheduler:CreateSchedule"):
            try:
                self._client.create_schedule(
                    Name=schedule_name(seller_id, region, minute),
                    GroupName=self._group_name,
                    ScheduleExpression=f"at({minute.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S')})",
                    FlexibleTimeWindow={"Mode": "OFF"},
                    ActionAfterCompletion="DELETE",
                    Target={
                        "Arn": self._target_arn,
                        "RoleArn": self._role_arn,
                        "Input": json.dumps(body),
                        "SqsParameters": {"MessageGroupId": message_group(seller_id, region)},
                        "DeadLetterConfig": {"Arn": self._dlq_arn},
                        "RetryPolicy": _RETRY_POLICY,
                    },
                )
            except ClientError as error:
                # A name in the future has not fired yet, so a conflict means: already planned.
                if error_code(error) != "ConflictException":
                    raise


def _round_up(instant: datetime) -> datetime:
    minute = instant.replace(second=0, microsecond=0)
    return minute if minute == instant else minute + timedelta(minutes=1)


def _compact(minute: datetime) -> str:
    return minute.astimezone(UTC).strftime("%Y%m%dT%H%M")
