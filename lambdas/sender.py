"""WakeUpQueue to Amazon: serves one seller's due orders at the pace of its usage plan."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from ssl import SSLContext
from typing import Any
from uuid import uuid4

import httpx

from lambdas import wiring
from lambdas.access import Access
from lambdas.aws.errors import AwsError
from lambdas.core.marketplaces import Region
from lambdas.deadline import Deadline
from lambdas.latency import latency_hooks
from lambdas.order_turns import OrderTurns
from lambdas.recorder import Recorder
from lambdas.run import Run
from lambdas.spapi.auth import TokenCache
from lambdas.spapi.endpoints import Endpoints

TIMEOUT_SECONDS = 90


class MalformedWakeUpError(ValueError):
    """A message in WakeUpQueue that is not a wake-up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeUp:
    """Whom to look at, and which message says so."""

    seller_id: str
    region: Region
    message_id: str
    receive_count: str

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "WakeUp":
        """Read an SQS record. Raises MalformedWakeUpError."""
        try:
            body, attributes = json.loads(record["body"]), record.get("attributes", {})
            return cls(
                seller_id=str(body["seller_id"]),
                region=Region(body["region"]),
                message_id=record["messageId"],
                # Without a count a repeat could not be told, so it counts as another message.
                receive_count=attributes.get("ApproximateReceiveCount") or uuid4().hex,
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise MalformedWakeUpError(f"not a wake-up: {type(error).__name__}") from None


def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Serve the wake-ups of a batch; from the first failure on they are reported as failed."""
    deadline = Deadline(context, timeout_seconds=TIMEOUT_SECONDS)
    sender = _sender(wiring.environment())
    records = list(event.get("Records", ()))
    for done, record in enumerate(records):
        if not sender.handle(record, deadline):
            failed = [left["messageId"] for left in records[done:]]
            return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
    return {"batchItemFailures": []}


@lru_cache(maxsize=1)
def _sender(environment: wiring.Environment) -> "Sender":
    settings = environment.settings
    return Sender(
        environment,
        endpoints=Endpoints.from_overrides(settings.sp_api_endpoint, settings.lwa_endpoint),
        open_http=lambda: httpx.Client(
            verify=_tls(), trust_env=False, event_hooks=latency_hooks(environment.telemetry)
        ),
    )


@lru_cache(maxsize=1)
def _tls() -> SSLContext:
    # Reading the certificates takes longer than a call: once is enough, and not at all where
    # no order is due, as only the connections are new each run.
    return httpx.create_ssl_context(trust_env=False)


class Sender:
    """Serves wake-ups with parts that last longer than a run; `open_http` gives each its client."""

    def __init__(
        self,
        environment: wiring.Environment,
        *,
        endpoints: Endpoints,
        open_http: Callable[[], httpx.Client],
    ) -> None:
        self._environment = environment
        self._endpoints = endpoints
        self._open_http = open_http
        self._token_cache = TokenCache()
        self._turns = OrderTurns(
            orders=environment.orders,
            sellers=environment.sellers,
            recorder=Recorder(
                orders=environment.orders,
                schedules=environment.schedules,
                telemetry=environment.telemetry,
            ),
            policies=environment.settings.policies,
            experiences=environment.experiences,
            telemetry=environment.telemetry,
        )

    def handle(self, record: Mapping[str, Any], deadline: Deadline) -> bool:
        """Serve one wake-up; False when it has to come again."""
        telemetry = self._environment.telemetry
        try:
            wake_up = WakeUp.from_record(record)
            telemetry.note(seller_id=wake_up.seller_id, region=wake_up.region)
            self._serve(wake_up, deadline)
        except (MalformedWakeUpError, AwsError) as error:
            telemetry.failure("wake_up_failed", error, message_id=record["messageId"])
            return False
        finally:
            telemetry.flush("wake_up_served")
        return True

    def _serve(self, wake_up: WakeUp, deadline: Deadline) -> None:
        parts = self._environment
        seller = parts.sellers.get(wake_up.seller_id)
        if seller is None:
            parts.telemetry.warning("seller_not_connected", seller_id=wake_up.seller_id)
            return
        due = parts.orders.due(wake_up.seller_id, wake_up.region, until=datetime.now(UTC))
        if not due:
            return
        settings = parts.seller_settings.get(wake_up.seller_id)
        with self._open_http() as http:
            access = Access(
                seller,
                wake_up.region,
                sellers=parts.sellers,
                schedules=parts.schedules,
                credentials=parts.credentials,
                telemetry=parts.telemetry,
                endpoints=self._endpoints,
                token_cache=self._token_cache,
                http=http,
            )
            run = Run(seller, settings, access, self._turns, parts.telemetry, deadline)
            if run.serve(due):
                self._go_on(wake_up)

    def _go_on(self, wake_up: WakeUp) -> None:
        try:
            self._environment.wake_up_queue.go_on(
                wake_up.seller_id,
                wake_up.region,
                message_id=wake_up.message_id,
                receive_count=wake_up.receive_count,
            )
        except AwsError as error:
            # What is left is overdue by then, and the sweeper finds it.
            self._environment.telemetry.failure("continuation_not_sent", error)
