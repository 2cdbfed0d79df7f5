"""What the functions print in an eventful day: enough for the saved queries and the dashboards."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, get_args

import pytest

from infra.dashboards import WHAT_WAS_NOT, WHAT_WENT_WRONG, WHAT_WILL_BE, WHO_WAS_ASKED
from infra.saved_queries import SAVED_QUERIES
from lambdas.observability import NAMESPACE, SERVICE, Counted, Gauge
from ops.local_cloud.console import MetricValue
from ops.simulator.faults import Fault, FaultKind
from tests.e2e.test_alarms import HOUR, SELLER, Scene, scene

Line = Mapping[str, Any]
Lines = list[dict[str, Any]]
ORDER = "903-5550001-0000001"
QUERIES = {
    **SAVED_QUERIES,
    "what will be": WHAT_WILL_BE,
    "what was not": WHAT_WAS_NOT,
    "who was asked": WHO_WAS_ASKED,
    "what went wrong": WHAT_WENT_WRONG,
}

# "CloudWatch Logs Insights language query syntax": its commands, functions and words.
_WORDS = {
    *("and", "as", "asc", "by", "dedup", "desc", "fields", "filter", "in", "limit", "not", "or"),
    *("sort", "stats", "bin", "count", "count_distinct", "ispresent", "latest", "substr", "1h"),
}


@pytest.fixture(scope="module")
def eventful() -> Iterator[Scene]:
    """One order is recorded at a second try and sent after the usage plan refused it, one is
    held; one message is rubbish.
    """
    with scene() as eventful:
        now = eventful.cloud.now
        throttled = Fault(kind=FaultKind.THROTTLE, end=now + 3 * HOUR)
        eventful.simulator.faults = [throttled]
        eventful.ship(now, checked_after=HOUR)
        eventful.ship(now, checked_after=HOUR, marketplace_id="A0UNKNOWN0000")
        eventful.stage.deliver(now, "not a notification")
        eventful.fail("Intake", "PutItem", until=now + timedelta(minutes=2))
        eventful.run(timedelta(hours=12))
        yield eventful


@pytest.fixture(scope="module")
def lines(eventful: Scene) -> Lines:
    return [line.fields for line in eventful.cloud.log_lines]


def metrics(eventful: Scene) -> list[MetricValue]:
    return eventful.cloud.metrics


def test_every_metric_that_is_named_anywhere_is_sent_and_no_other(eventful: Scene) -> None:
    sent = {(each.namespace, each.name) for each in metrics(eventful)}

    assert sent == {(NAMESPACE, name) for name in (*get_args(Counted), *get_args(Gauge))}
    assert all(each.dimensions == {"service": SERVICE} for each in metrics(eventful))


def test_every_line_is_json_with_a_level_and_an_event(eventful: Scene, lines: Lines) -> None:
    for line in lines:
        assert line["level"] in {"INFO", "WARNING", "ERROR"}
        assert re.fullmatch(r"[a-z_]+", line["message"])
        assert line["service"] == SERVICE


def test_a_line_about_an_order_tells_whose_it_is_the_attempt_and_the_decision(
    lines: Lines,
) -> None:
    about = [line for line in lines if "amazon_order_id" in line and "status" in line]

    assert {line["message"] for line in about} == {
        "order_recorded",
        "order_settled",
        "solicitation_created",
        "throttled",
    }
    for line in about:
        assert line["seller_id"] == SELLER.seller_id
        assert re.fullmatch(r"903-555\d{4}-\d{7}", line["amazon_order_id"])
        assert isinstance(line["attempt"], int)
        assert line["status"] in {"WAITING", "SENDING", "SENT", "HELD"}
        assert line["reason"]


def test_a_runs_last_line_has_its_sellers_states_and_reasons(lines: Lines) -> None:
    taken_in = [line for line in lines if line["message"] == "batch_taken_in"]
    served = [line for line in lines if line["message"] == "wake_up_served"]

    assert any(line.get("sellers") == {SELLER.seller_id: 2} for line in taken_in)
    assert any(line.get("states") == {"WAITING": 1, "HELD": 1} for line in taken_in)
    assert all(line["seller_id"] == SELLER.seller_id for line in served)
    assert any("SENT" in line.get("states", {}) for line in served)


@pytest.mark.parametrize("name", QUERIES)
def test_every_field_of_a_query_is_in_the_lines_that_it_reads(name: str, lines: Lines) -> None:
    commands = [each.replace("000-0000000-0000000", ORDER) for each in QUERIES[name]]
    read = [line for line in lines if _passes(commands, line)]

    missing = [field for field in _fields(commands) if not any(field in line for line in read)]

    # Only where a create call was not answered.
    assert set(missing) <= {"problem"}
    assert read


def test_the_story_of_an_order_is_told_from_its_record_to_its_receipt(lines: Lines) -> None:
    commands = [
        each.replace("000-0000000-0000000", ORDER)
        for each in SAVED_QUERIES["what happened to this order"]
    ]

    told = [line["message"] for line in lines if _passes(commands, line)]

    assert told[:2] == ["order_not_recorded", "order_recorded"]
    assert "throttled" in told
    assert told[-2:] == ["solicitation_created", "order_settled"]


def _passes(commands: Sequence[str], line: Line) -> bool:
    """Whether the filters before the first `stats` let this line through."""
    for command in commands:
        verb, _, rest = command.partition(" ")
        if verb == "stats":
            break
        if verb == "filter" and not all(_holds(each, line) for each in rest.split(" and ")):
            return False
    return True


def _holds(condition: str, line: Line) -> bool:
    if present := re.fullmatch(r"ispresent\((\w+)\)", condition):
        return present[1] in line
    field, operator, value = condition.split(" ", 2)
    wanted = json.loads(value)
    return line.get(field) in (wanted if operator == "in" else [wanted])


def _fields(commands: Sequence[str]) -> set[str]:
    """What the query takes from the lines: not what it names itself, nor what is @generated."""
    text = re.sub(r'"[^"]*"', "", " ".join(commands))
    named = set(re.findall(r"\bas (\w+)", text))
    return set(re.findall(r"(?<![@\w])[a-z_]\w*", text)) - named - _WORDS
