"""A wrong setting stops the synthesis, with its name and what is allowed."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.aws_logs import RetentionDays

from infra.settings import LOG_RETENTION_DAYS, SettingError, Settings, context_of_cdk_json

CONTEXT = context_of_cdk_json()


def settings(**context: Any) -> Settings:
    return Settings.from_context(cdk.App(context={**CONTEXT, **context}).node)


def test_cdk_json_holds_the_defaults() -> None:
    assert settings() == Settings(
        delay_days=5,
        transit_days=(3, 15),
        log_retention=RetentionDays.THREE_MONTHS,
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )


def test_the_command_line_may_give_the_settings_as_text() -> None:
    given = settings(delay_days="7", transit_days="2-9", log_retention_days="30")

    assert given.delay_days == 7
    assert given.transit_days == (2, 9)
    assert given.log_retention is RetentionDays.ONE_MONTH


@pytest.mark.parametrize("value", [4, 26, 5.5, "five", True, [5], {"days": 5}])
def test_a_delay_outside_amazons_window_is_refused(value: object) -> None:
    with pytest.raises(SettingError, match=r"delay_days .* a whole number of days from 5 to 25"):
        settings(delay_days=value)


@pytest.mark.parametrize("value", [[15, 3], [3], [3, 15, 20], 3, "3", "3-x", [-1, 3], [3, 61]])
def test_transit_days_are_two_numbers_in_order(value: object) -> None:
    with pytest.raises(SettingError, match=r"transit_days .* \[earliest, latest\], whole numbers"):
        settings(transit_days=value)


@pytest.mark.parametrize("value", [0, 2, 91, "for ever"])
def test_a_retention_that_cloudwatch_does_not_know_is_refused(value: object) -> None:
    with pytest.raises(SettingError, match=r"log_retention_days .* one of \[1, 3, 5, 7, 14"):
        settings(log_retention_days=value)


@pytest.mark.parametrize("value", ["snapshot", True, ["retain"]])
def test_a_removal_policy_is_retain_or_destroy(value: object) -> None:
    with pytest.raises(SettingError, match=r"removal_policy .* retain or destroy"):
        settings(removal_policy=value)


@pytest.mark.parametrize(
    "name", ["delay_days", "transit_days", "log_retention_days", "removal_policy"]
)
def test_a_setting_that_is_not_there_is_named(name: str) -> None:
    context = {key: value for key, value in CONTEXT.items() if key != name}

    with pytest.raises(SettingError, match=f"{name} in cdk.json is missing"):
        Settings.from_context(cdk.App(context=context).node)


def test_every_retention_means_the_days_it_says() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Retentions")
    for days, retention in LOG_RETENTION_DAYS.items():
        cdk.aws_logs.LogGroup(stack, f"Kept{days}", retention=retention)
    resources = app.synth().get_stack_by_name("Retentions").template["Resources"].values()

    assert [it["Properties"]["RetentionInDays"] for it in resources] == list(LOG_RETENTION_DAYS)
