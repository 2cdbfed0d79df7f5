"""What the runbook sends its reader to look at is there, under the name that it gives."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from infra.saved_queries import SAVED_QUERIES
from infra.settings import REMOVAL_POLICIES, context_of_cdk_json
from lambdas.observability import Counted, Gauge, Lag
from tests.infra.readable import ReadableStack

PROJECT = Path(__file__).parents[2]
RUNBOOK = (PROJECT / "docs" / "runbook.md").read_text()
OF_SELLER_CENTRAL = {"Request a Review"}


def words_of_the_functions() -> Iterator[str]:
    """Everything that a log line may have for a name, and more."""
    for path in (PROJECT / "lambdas").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.keyword) and node.arg:
                yield node.arg


def test_log_lines_and_fields_and_settings_are_named_as_they_are() -> None:
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)*)`", RUNBOOK))

    assert {"wake_up_failed", "seller_silent", "due_at", "log_retention_days"} <= named
    settings = {*context_of_cdk_json(), *REMOVAL_POLICIES}
    assert named - settings - set(words_of_the_functions()) == set()


def test_graphs_and_saved_queries_are_named_as_they_are(stack: ReadableStack) -> None:
    titles = {
        widget["properties"]["title"].partition(":")[0]
        for dashboard in stack.of_type("AWS::CloudWatch::Dashboard").values()
        for widget in json.loads(dashboard["DashboardBody"])["widgets"]
    }
    looked_at = " ".join(re.findall(r"^Look at: .*$", RUNBOOK, re.MULTILINE))
    quoted = set(re.findall(r'"([^"]+)"', looked_at))

    assert len(quoted) > 5
    assert quoted - titles - set(SAVED_QUERIES) - OF_SELLER_CENTRAL == set()
    assert all(f'"{name}"' in RUNBOOK for name in SAVED_QUERIES)


def test_every_metric_has_its_line() -> None:
    section = RUNBOOK[RUNBOOK.index("\n## Metrics") : RUNBOOK.index("\n## Logs")]
    table, _, of_lags = section.partition("\nWith `lag_metrics`")

    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [
        *get_args(Counted),
        *get_args(Gauge),
    ]
    assert set(get_args(Lag)) == set(re.findall(r"`([A-Z]\w+)` \(", of_lags))
