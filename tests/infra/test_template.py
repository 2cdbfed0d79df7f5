"""The template as a whole: sound in itself, and made with nothing but this tree."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from tests.infra.readable import ReadableStack
from tests.infra.synthesis import SETTINGS, app_with

REGIONS = ["us-east-1", "eu-west-1", "us-west-2"]  # near SP-API's three endpoints
APP = Path(__file__).parents[2] / "app.py"


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_cfn_lint_finds_nothing(tmp_path: Path, settings: dict[str, Any]) -> None:
    template = app_with(tmp_path, **settings).synth().get_stack_by_name("DayFive").template

    assert lint(json.dumps(template), config=ManualArgs(regions=REGIONS)) == []


def test_what_cfn_lint_is_told_to_pass_over_it_would_find(
    assembly: cdk.cx_api.CloudAssembly,
) -> None:
    template = copy.deepcopy(assembly.get_stack_by_name("DayFive").template)
    passed_over = template.pop("Metadata")["cfn-lint"]["config"]["ignore_checks"]

    found = lint(json.dumps(template), config=ManualArgs(regions=REGIONS))

    assert {match.rule.id for match in found} == set(passed_over)


def test_it_names_no_account_and_no_region(assembly: cdk.cx_api.CloudAssembly) -> None:
    environment = assembly.get_stack_by_name("DayFive").environment

    assert environment.account == "unknown-account"
    assert environment.region == "unknown-region"


def test_whoever_finds_it_in_the_console_is_told_what_it_is(
    assembly: cdk.cx_api.CloudAssembly, stack: ReadableStack
) -> None:
    """CloudFormation User Guide, "Resource tag": a stack's tags are those of its resources."""
    made = assembly.get_stack_by_name("DayFive")

    assert made.tags == {"application": "DayFive"}
    assert made.template["Description"].startswith("DayFive: ")
    for function in stack.of_type("AWS::Lambda::Function").values():
        assert len(function["Description"]) > 20


def test_app_py_makes_it_alone_from_any_folder_and_in_an_empty_environment(
    assembly: cdk.cx_api.CloudAssembly, tmp_path: Path
) -> None:
    environment = {
        "CDK_OUTDIR": str(tmp_path / "cdk.out"),
        "CDK_CONTEXT_JSON": json.dumps({"aws:cdk:bundling-stacks": []}),
        "HOME": os.environ["HOME"],
    }

    done = subprocess.run(
        [sys.executable, APP], env=environment, cwd=tmp_path, capture_output=True, check=False
    )

    assert done.stderr == b""
    assert done.returncode == 0
    made = json.loads((tmp_path / "cdk.out" / "DayFive.template.json").read_text())
    assert made == assembly.get_stack_by_name("DayFive").template


def test_a_stack_to_be_destroyed_leaves_nothing_behind(tmp_path: Path) -> None:
    assembly = app_with(tmp_path, removal_policy="destroy").synth()
    resources = assembly.get_stack_by_name("DayFive").template["Resources"].values()

    assert {it.get("DeletionPolicy", "Delete") for it in resources} == {"Delete"}
    assert not any(it["Properties"].get("DeletionProtectionEnabled") for it in resources)
