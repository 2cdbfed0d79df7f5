"""Builds the one Lambda asset without Docker or network: lambdas/ and its pinned packages."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, PackagePath, distribution
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_

SOURCE = Path(__file__).parents[1] / "lambdas"
RUNTIME = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE = lambda_.Architecture.ARM_64

# What is pinned and no function needs; tests/infra/test_asset.py makes a call without it.
_LEFT_OUT = re.compile(
    "anyio[-/]"  # for asynchronous calls; where it is there, httpcore imports it at each start
    "|jmespath[-/]"  # comes with the runtime's boto3, compiled
    "|aws_lambda_powertools/event_handler/"  # web APIs, with Swagger's pages: half of the asset
)
_LEFT_AS_SOURCE = "aws_lambda_powertools/utilities/(?!__init__|jmespath_utils)|tzdata/"

# Another Python's compiled files would only be ignored.
COMPILES = RUNTIME.name == f"python{sys.version_info.major}.{sys.version_info.minor}"


class BundlingError(RuntimeError):
    """The asset could not be built; the text says what to do about it."""


@jsii.implements(cdk.ILocalBundling)
class LocalBundling:
    # Documented with keyword options, called with one positional: accept both.
    def try_bundle(self, output_dir: str, *_: Any, **__: Any) -> bool:
        build(Path(output_dir))
        return True  # False would make the CDK look for Docker


def lambda_asset() -> lambda_.Code:
    """One Code object for all functions: built, uploaded and stored once."""
    bundling = cdk.BundlingOptions(
        image=RUNTIME.bundling_image,  # demanded, never pulled
        local=LocalBundling(),
        environment={"COMPILES": str(COMPILES)},  # this is hashed, so it is another asset
    )
    return lambda_.Code.from_asset(str(SOURCE), bundling=bundling, exclude=["**/__pycache__"])


def build(directory: Path, *, source: Path = SOURCE) -> None:
    """Fills the directory with what Lambda gets; the same source gives the same bytes.

    The packages are those of the running Python, so what was tested is what ships: they are
    pure Python, the same files on every platform, and of exactly the pinned versions.
    """
    for name, version in _pins(source / "requirements.txt"):
        for file in _installed(name, version).files or []:
            if _ships(file):
                target = directory / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file.locate(), target)
    shutil.copytree(source, directory / "lambdas", ignore=shutil.ignore_patterns("__pycache__"))
    if COMPILES:
        compile_modules(directory)


def compile_modules(directory: Path) -> None:
    """Compiles what the functions import, with the running Python, so that they start sooner.

    A compiled file holds its source's hash: whoever edits a source in Lambda's console gets
    what was edited, and the same source gives the same bytes, in a process of its own.
    """
    subprocess.run(
        [
            *(sys.executable, "-I", "-m", "compileall", "-q"),
            *("--invalidation-mode", "checked-hash"),
            *("-s", str(directory), "-p", "/var/task"),  # the path that tracebacks show
            *("-x", _LEFT_AS_SOURCE),
            str(directory),
        ],
        check=True,
        stdout=sys.stderr,  # stdout belongs to the CDK
    )


def _pins(requirements: Path) -> Iterator[tuple[str, str]]:
    for line in requirements.read_text().splitlines():
        if pin := line.partition("#")[0].strip():
            name, _, version = pin.partition("==")
            yield name, version


def _installed(name: str, version: str) -> Distribution:
    try:
        package = distribution(name)
    except PackageNotFoundError:
        raise BundlingError(f"{name} is not installed beside the CDK; run: make synth") from None
    if package.version != version:
        raise BundlingError(
            f"{name} {package.version} is installed, lambdas/requirements.txt pins {version};"
            " run: make synth"
        )
    if "Root-Is-Purelib: true" not in (package.read_text("WHEEL") or ""):
        raise BundlingError(f"{name} is not pure Python, so this copy may not run on arm64")
    return package


def _ships(file: PackagePath) -> bool:
    """Leaves out scripts and what the installer noted: both differ from machine to machine."""
    if _LEFT_OUT.match(file.as_posix()) or file.parts[0] == "..":
        return False
    if file.parts[0].endswith(".dist-info"):
        return file.name == "METADATA" or "LICENSE" in file.name.upper()
    return "__pycache__" not in file.parts
