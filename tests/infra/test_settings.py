"""A wrong setting stops the synthesis, with its name and what is allowed."""

from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.aws_dynamodb import BillingMode
from aws_cdk.aws_logs import RetentionDays

from infra.choices import COUNTRIES, SettingError
from infra.settings import LOG_RETENTION_DAYS, NAMES, Settings, context_of_cdk_json
from infra.stack import DayFiveStack
from lambdas.config import Settings as RuntimeSettings
from lambdas.core.marketplaces import _MARKETPLACES
from tests.infra.readable import ReadableStack

CONTEXT = context_of_cdk_json()


def settings(**context: Any) -> Settings:
    return Settings.from_context(cdk.App(context={**CONTEXT, **context}).node)


def test_cdk_json_holds_the_defaults() -> None:
    assert settings() == Settings(
        delay_days={"default": 5},
        transit_days={"default": (3, 15)},
        sending_hours=None,
        checks_per_day=0.4,
        log_retention=RetentionDays.THREE_MONTHS,
        alarm_email=None,
        dashboards=frozenset({"business", "operations"}),
        lag_metrics=False,
        table_capacity=BillingMode.PAY_PER_REQUEST,
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )


def test_the_command_line_may_give_the_settings_as_text() -> None:
    given = settings(
        delay_days='{"default":7,"AFN":"8"}',
        transit_days="2-9",
        sending_hours="9-21",
        checks_per_day="1.5",
        log_retention_days="30",
    )

    assert given.delay_days == {"default": 7, "AFN": 8}
    assert given.transit_days == {"default": (2, 9)}
    assert given.sending_hours == (9, 21)
    assert given.checks_per_day == 1.5
    assert given.log_retention is RetentionDays.ONE_MONTH


def test_delays_and_transits_may_differ_by_marketplace_and_fulfilment_type() -> None:
    given = settings(
        delay_days={"default": 5, "AFN": 6, "A1PA6795UKMFR9": 7, "DE/AFN": 8},
        transit_days={"A1VC38T7YXB528/AFN": "1-4", "default": [3, 15]},
    )

    assert given.delay_days == {"default": 5, "AFN": 6, "DE": 7, "DE/AFN": 8}
    assert given.transit_days == {"default": (3, 15), "JP/AFN": (1, 4)}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"AFN": 6}, r"delay_days\['default'\] in cdk.json is missing; .* from 5 to 25"),
        ({"default": 5, "AFN": 4}, r"delay_days\['AFN'\] in cdk.json is 4; .* from 5 to 25"),
        ({"default": 5, "FBA": 6}, r"delay_days\['FBA'\] .* given by \"default\", AFN, MFN"),
        ({"default": 5, "DE/FBA": 6}, r"delay_days\['DE/FBA'\] .* or both as in DE/AFN"),
        ({"default": 5, "DE": 6, "A1PA6795UKMFR9": 7}, "A1PA6795UKMFR9.* each of them once"),
        ('{"default": 5', "delay_days .* an object in JSON"),
    ],
)
def test_a_choice_that_cannot_be_meant_is_named(value: object, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        settings(delay_days=value)


@pytest.mark.parametrize(("value", "hours"), [(None, None), ("", None), ([0, 24], (0, 24))])
def test_sending_hours_may_be_any(value: object, hours: object) -> None:
    assert settings(sending_hours=value).sending_hours == hours


@pytest.mark.parametrize("value", ["21-9", "9-9", "9", "9-25", [9], [9, 21, 22], True, 9, "9-x"])
def test_sending_hours_are_two_hours_of_one_day(value: object) -> None:
    with pytest.raises(SettingError, match=r"sending_hours .* null for any time, or two hours"):
        settings(sending_hours=value)


def environment(**context: Any) -> dict[str, str]:
    """What the functions get of these settings, with the references to other resources as text."""
    app = cdk.App(context={**CONTEXT, "aws:cdk:bundling-stacks": [], **context})
    DayFiveStack(app, "DayFive")
    template = app.synth().get_stack_by_name("DayFive").template
    return ReadableStack(template).environment("SenderFunction")


def test_the_functions_read_the_settings_as_they_were_meant() -> None:
    variables = environment(
        delay_days={"default": 5, "AFN": 6, "A1PA6795UKMFR9": 7, "DE/AFN": 8},
        transit_days={"default": [3, 15], "MFN": [2, 9]},
        sending_hours="9-21",
    )

    policies = RuntimeSettings.from_env(variables).policies

    def delay(marketplace: str, fulfillment_type: str) -> int:
        return policies.of(marketplace, fulfillment_type).delay // timedelta(days=1)

    assert [delay("ATVPDKIKX0DER", each) for each in ("MFN", "AFN")] == [5, 6]
    assert [delay("A1PA6795UKMFR9", each) for each in ("MFN", "AFN")] == [7, 8]
    assert policies.of("A1PA6795UKMFR9", "MFN").transit_latest == timedelta(days=9)
    assert policies.of("A1PA6795UKMFR9", "AFN").transit_latest == timedelta(days=15)
    hours = policies.of("A1PA6795UKMFR9", "AFN").sending_hours
    assert hours
    assert (hours.first, hours.until, hours.zone.key) == (9, 21, "Europe/Berlin")


def test_every_choice_there_is_fits_into_the_environment() -> None:
    """Lambda quotas: 4 KB for all variables; a reference is taken at twice what is usual."""
    keys = ["default", "AFN", "MFN"]
    keys += [f"{each}{rest}" for each in COUNTRIES for rest in ("", "/AFN", "/MFN")]

    variables = environment(
        delay_days=dict.fromkeys(keys, 25),
        transit_days={key: [10, 60] for key in keys},
        sending_hours="10-20",
    )

    referring = [value for value in variables.values() if "${" in value]
    size = sum(len(name) + len(value) for name, value in variables.items())
    assert size + 250 * len(referring) < 4096
    RuntimeSettings.from_env(variables)


def test_the_marketplaces_are_those_that_the_functions_know() -> None:
    assert {id: country for id, (country, *_) in _MARKETPLACES.items()} == COUNTRIES


@pytest.mark.parametrize("value", [0, -1, 11, "a lot", True, None, "nan", [0.4]])
def test_a_day_is_worth_some_checks_and_not_dozens(value: object) -> None:
    with pytest.raises(SettingError, match=r"checks_per_day .* a number from 0.01 to 10"):
        settings(checks_per_day=value)


@pytest.mark.parametrize("value", [4, 26, 5.5, "five", True, [5]])
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


@pytest.mark.parametrize("value", ["on-demand", "PROVISIONED", 25, True, None, ["provisioned"]])
def test_a_table_is_on_demand_or_provisioned(value: object) -> None:
    with pytest.raises(SettingError, match=r"table_capacity .* on_demand or provisioned"):
        settings(table_capacity=value)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"sending_hours", "alarm_email"}))
def test_a_setting_that_is_not_there_is_named(name: str) -> None:
    context = {key: value for key, value in CONTEXT.items() if key != name}

    with pytest.raises(SettingError, match=f"{name} in cdk.json is missing"):
        Settings.from_context(cdk.App(context=context).node)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("delay_day", "delay_days"),
        ("delayDays", "delay_days"),
        ("removal-policy", "removal_policy"),
        ("retention_days", "log_retention_days"),
        ("Alarm_Email", "alarm_email"),
        ("dashboard", "dashboards"),
        ("table-capacity", "table_capacity"),
    ],
)
def test_a_setting_that_is_misspelt_is_not_passed_over(name: str, meant: str) -> None:
    with pytest.raises(SettingError, match=f"{name} in cdk.json is .* it must be spelt {meant}"):
        settings(**{name: "7"})


def test_what_is_no_setting_of_ours_is_left_alone() -> None:
    others = {"company": "x", "aws:cdk:enable-path-metadata": True, "vpc-provider:account=1": {}}

    assert settings(**others) == settings()
    assert {name for name in CONTEXT if "-" not in name} == set(NAMES)


def test_every_retention_means_the_days_it_says() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Retentions")
    for days, retention in LOG_RETENTION_DAYS.items():
        cdk.aws_logs.LogGroup(stack, f"Kept{days}", retention=retention)
    resources = app.synth().get_stack_by_name("Retentions").template["Resources"].values()

    assert [it["Properties"]["RetentionInDays"] for it in resources] == list(LOG_RETENTION_DAYS)
