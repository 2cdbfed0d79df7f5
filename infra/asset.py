"""Builds the one Lambda asset without Docker: lambdas/ and its pinned requirements."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_

SOURCE = Path(__file__).parents[1] / "lambdas"
RUNTIME = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE = lambda_.Architecture.ARM_64
# The requirements are the whole closure, all of it wheels: nothing is resolved or compiled.
INSTALL = (
    "pip",
    "install",
    "--quiet",
    "--no-deps",
    "--only-binary=:all:",
    "--no-python-downloads",
    "--python-platform=aarch64-manylinux2014",
    "--python-version=3.13",
)


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
        command=list(INSTALL),  # never run; part of the asset's hash
        local=LocalBundling(),
    )
    return lambda_.Code.from_asset(str(SOURCE), bundling=bundling, exclude=["**/__pycache__"])


def build(directory: Path) -> None:
    """Fills the directory with what Lambda gets; the same source gives the same bytes."""
    _install_requirements(directory)
    shutil.rmtree(directory / "bin", ignore_errors=True)
    (directory / ".lock").unlink(missing_ok=True)
    for record in directory.glob("*.dist-info/RECORD"):
        record.unlink()  # holds hashes of scripts that name this machine's Python
    shutil.copytree(SOURCE, directory / "lambdas", ignore=shutil.ignore_patterns("__pycache__"))


def _install_requirements(directory: Path) -> None:
    scripts = sysconfig.get_path("scripts")  # where set-up puts uv, be it on PATH or not
    uv = shutil.which("uv", path=os.pathsep.join([scripts, os.environ.get("PATH", os.defpath)]))
    if uv is None:
        raise BundlingError("uv builds the Lambda asset and is not installed; run: make synth")
    requirements = SOURCE / "requirements.txt"
    command = [uv, *INSTALL, f"--requirement={requirements}", f"--target={directory}"]
    cached = subprocess.run([*command, "--offline"], capture_output=True, check=False)
    if cached.returncode == 0:
        return
    fetched = subprocess.run(command, stdout=sys.stderr, check=False)  # stdout is the CDK's
    if fetched.returncode != 0:
        raise BundlingError(
            f"uv could not install {requirements} (its message is above); it needs the network"
            " once, and a wheel for every pin"
        )
