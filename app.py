"""Synthesises DayFive's stack, for the CDK CLI or on its own."""

import infra  # noqa: F401  before aws_cdk, which starts Node on import

# isort: split
import aws_cdk as cdk

from infra.choices import SettingError
from infra.settings import context_of_cdk_json
from infra.stack import DayFiveStack

app = cdk.App(context=context_of_cdk_json())
try:
    DayFiveStack(app, "DayFive")
except SettingError as error:
    raise SystemExit(f"DayFive: {error}") from None
app.synth()
