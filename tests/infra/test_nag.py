"""cdk-nag's AwsSolutions finds nothing that is not acknowledged, with a reason, in infra/."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cdk_nag
import pytest

from tests.infra.synthesis import SETTINGS, app_with


def findings(folder: Path, **settings: Any) -> list[tuple[str, str]]:
    """Rules broken and where, for a stack of these settings."""
    app = app_with(folder, **settings)
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    with suppress(RuntimeError):  # violations end the synthesis, once the report is written
        app.synth()
    [report] = json.loads((folder / "validation-report.json").read_text())["pluginReports"]
    return [
        (violation["ruleName"], construct["constructPath"])
        for violation in report["violations"]
        for construct in violation["violatingConstructs"]
    ]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_cdk_nag_finds_nothing(tmp_path: Path, settings: dict[str, Any]) -> None:
    assert findings(tmp_path, **settings) == []


def test_an_unencrypted_queue_would_be_found(tmp_path: Path) -> None:
    """That the pack really looks: a queue beside the stack's own, without encryption or TLS."""
    app = cdk.App(outdir=str(tmp_path))
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    cdk.aws_sqs.Queue(cdk.Stack(app, "Careless"), "Queue", encryption=None)

    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
