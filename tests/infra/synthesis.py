"""The app as a seller with these settings would synthesise it, without the asset's build."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk

from infra.settings import context_of_cdk_json
from infra.stack import DayFiveStack

# Between them they turn everything on that is off by default, and off that is on.
SETTINGS: list[dict[str, Any]] = [
    {},
    {"removal_policy": "destroy"},
    {"alarm_email": "seller@example.com", "lag_metrics": True, "sending_hours": "9-21"},
    {"dashboards": []},
    {"table_capacity": "provisioned"},
]


def app_with(folder: Path, **settings: Any) -> cdk.App:
    """The app with its stack; `synth` writes into the folder."""
    context = {**context_of_cdk_json(), "aws:cdk:bundling-stacks": [], **settings}
    app = cdk.App(context=context, outdir=str(folder))
    DayFiveStack(app, "DayFive")
    return app
