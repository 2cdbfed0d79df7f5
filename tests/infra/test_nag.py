"""cdk-nag's AwsSolutions finds nothing that is not acknowledged, with a reason, in infra/."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cdk_nag
import pytest

from tests.infra.synthesis import SETTINGS, app_with

Finding = tuple[str, str]
"""A rule's name and a construct's path."""


def report_of(app: cdk.App, folder: Path) -> dict[str, Any]:
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    with suppress(RuntimeError):  # violations end the synthesis, once the report is written
        app.synth()
    [report] = json.loads((folder / "validation-report.json").read_text())["pluginReports"]
    found: dict[str, Any] = report
    return found


def acknowledged_in(app: cdk.App) -> set[Finding]:
    """As infra/ says it, whether or not there is anything to acknowledge."""
    return {
        (id, construct.node.path)
        for construct in app.node.find_all()
        for entry in construct.node.metadata
        if entry.type == "aws:cdk:acknowledged-rules"
        for id in entry.data
    }


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_cdk_nag_finds_nothing(tmp_path: Path, settings: dict[str, Any]) -> None:
    report = report_of(app_with(tmp_path, **settings), tmp_path)

    assert [
        (violation["ruleName"], construct["constructPath"])
        for violation in report["violations"]
        for construct in violation["violatingConstructs"]
    ] == []


def test_nothing_is_acknowledged_that_would_not_be_found(tmp_path: Path) -> None:
    app = app_with(tmp_path)
    acknowledged = acknowledged_in(app)

    found = {
        (violation["acknowledgedId"], violation["acknowledgedAt"])
        for violation in report_of(app, tmp_path)["suppressedViolations"]
    }

    assert acknowledged
    assert acknowledged == found


def test_an_unencrypted_queue_would_be_found(tmp_path: Path) -> None:
    """That the pack really looks: a queue beside the stack's own, without encryption or TLS."""
    app = cdk.App(outdir=str(tmp_path))
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    cdk.aws_sqs.Queue(cdk.Stack(app, "Careless"), "Queue", encryption=None)

    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
