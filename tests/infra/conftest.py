"""The stack, synthesised once for all tests of infra; without its asset, which takes a build."""

import aws_cdk as cdk
import pytest

from infra.settings import context_of_cdk_json
from infra.stack import DayFiveStack
from tests.infra.all_ways import AllWays, go_all_ways
from tests.infra.readable import ReadableStack


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> cdk.cx_api.CloudAssembly:
    context = {**context_of_cdk_json(), "aws:cdk:bundling-stacks": []}
    app = cdk.App(context=context, outdir=str(tmp_path_factory.mktemp("cdk.out")))
    DayFiveStack(app, "DayFive")
    return app.synth()


@pytest.fixture(scope="session")
def stack(assembly: cdk.cx_api.CloudAssembly) -> ReadableStack:
    return ReadableStack(assembly.get_stack_by_name("DayFive").template)


@pytest.fixture(scope="session")
def all_ways() -> AllWays:
    return go_all_ways()
