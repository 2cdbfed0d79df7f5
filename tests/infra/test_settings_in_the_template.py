"""What each setting changes in the template, and that it changes nothing else."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from infra.settings import NAMES
from lambdas.config import Settings as RuntimeSettings
from tests.infra.readable import ReadableStack
from tests.infra.synthesis import app_with

Part = tuple[str, str]
"""A type of resource, and what of it; `whole` where it is there with the one setting only."""

VARIABLES = ("AWS::Lambda::Function", "Properties.Environment")
LOGS_AND_TABLE = ("AWS::Logs::LogGroup", "AWS::DynamoDB::Table")
CHANGES: dict[str, tuple[Any, set[Part]]] = {
    "delay_days": (7, {VARIABLES}),
    "transit_days": ([2, 9], {VARIABLES}),
    "sending_hours": ("9-21", {VARIABLES}),
    "checks_per_day": (1.5, {VARIABLES}),
    "log_retention_days": (30, {("AWS::Logs::LogGroup", "Properties.RetentionInDays")}),
    "alarm_email": ("shop@example.com", {("AWS::SNS::Subscription", "whole")}),
    "dashboards": ([], {("AWS::CloudWatch::Dashboard", "whole")}),
    "lag_metrics": (
        True,
        {VARIABLES, ("AWS::CloudWatch::Dashboard", "Properties.DashboardBody")},
    ),
    "table_capacity": (
        "provisioned",
        {
            ("AWS::DynamoDB::Table", "Properties.BillingMode"),
            ("AWS::DynamoDB::Table", "Properties.ProvisionedThroughput"),
            ("AWS::DynamoDB::Table", "Properties.GlobalSecondaryIndexes"),
        },
    ),
    "removal_policy": (
        "destroy",
        {
            *((type, "DeletionPolicy") for type in LOGS_AND_TABLE),
            *((type, "UpdateReplacePolicy") for type in LOGS_AND_TABLE),
            ("AWS::DynamoDB::Table", "Properties.DeletionProtectionEnabled"),
        },
    ),
}


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[Part]:
    parts: set[Part] = set()
    for id in before.keys() | after.keys():
        one, other = before.get(id), after.get(id)
        if one is None or other is None:
            parts.add(((one or other or {})["Type"], "whole"))
            continue
        flat, other_flat = _flat(one), _flat(other)
        parts |= {
            (one["Type"], name)
            for name in flat.keys() | other_flat.keys()
            if flat.get(name) != other_flat.get(name)
        }
    return parts


def _flat(resource: dict[str, Any]) -> dict[str, Any]:
    properties = resource.get("Properties", {}).items()
    rest = {name: value for name, value in resource.items() if name != "Properties"}
    return {**rest, **{f"Properties.{name}": value for name, value in properties}}


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_changes_what_it_is_about_and_nothing_else(
    name: str, assembly: cdk.cx_api.CloudAssembly, tmp_path: Path
) -> None:
    value, parts = CHANGES[name]
    before = assembly.get_stack_by_name("DayFive").template
    after = app_with(tmp_path, **{name: value}).synth().get_stack_by_name("DayFive").template

    assert changed(before["Resources"], after["Resources"]) == parts
    assert before["Outputs"] == after["Outputs"]


def test_logs_are_kept_as_long_as_is_set(tmp_path: Path) -> None:
    template = app_with(tmp_path, log_retention_days=30).synth().get_stack_by_name("DayFive")
    groups = ReadableStack(template.template).of_type("AWS::Logs::LogGroup").values()

    assert [group["RetentionInDays"] for group in groups] == [30, 30, 30]


def test_the_functions_weigh_checks_as_is_set(tmp_path: Path) -> None:
    template = app_with(tmp_path, checks_per_day=1.5).synth().get_stack_by_name("DayFive")
    variables = ReadableStack(template.template).environment("SenderFunction")

    policies = RuntimeSettings.from_env(variables).policies

    assert policies.of("ATVPDKIKX0DER", "AFN").checks_per_day == 1.5
