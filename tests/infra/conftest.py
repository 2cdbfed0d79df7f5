"""The stack, synthesised once for all tests of infra; without its asset, which takes a build."""

import aws_cdk as cdk
import pytest

from tests.infra.all_ways import AllWays, go_all_ways
from tests.infra.readable import ReadableStack
from tests.infra.synthesis import app_with


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> cdk.cx_api.CloudAssembly:
    return app_with(tmp_path_factory.mktemp("cdk.out")).synth()


@pytest.fixture(scope="session")
def stack(assembly: cdk.cx_api.CloudAssembly) -> ReadableStack:
    return ReadableStack(assembly.get_stack_by_name("DayFive").template)


@pytest.fixture(scope="session")
def all_ways() -> AllWays:
    return go_all_ways()
