"""The Lambda asset as it is built for a deployment, tried without anything else on the path."""

import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import boto3
import pytest

from infra.asset import BundlingError, build

RUNTIME_BRINGS = ("boto3", "botocore", "s3transfer", "dateutil", "six.py", "urllib3", "jmespath")
LIBRARIES = ("httpx", "aws_lambda_powertools.logging", "aws_lambda_powertools.metrics")
HANDLERS = ("lambdas.intake", "lambdas.sender", "lambdas.sweeper")


@pytest.fixture(scope="module")
def asset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("asset")
    build(directory)
    return directory


@pytest.mark.parametrize("module", LIBRARIES + HANDLERS)
def test_it_imports_with_nothing_but_boto3_beside_it(
    asset: Path, tmp_path: Path, module: str
) -> None:
    for name in RUNTIME_BRINGS:
        (tmp_path / name).symlink_to(Path(boto3.__file__).parents[1] / name)
    code = f"import sys; sys.path[:0] = {[str(asset), str(tmp_path)]}; import {module} as it"
    if module in HANDLERS:
        code += "; assert callable(it.lambda_handler)"

    done = subprocess.run(
        [sys.executable, "-ISB", "-c", code], capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    assert done.returncode == 0


def test_it_brings_the_marketplaces_clocks_along(asset: Path) -> None:
    code = (
        f"import sys, zoneinfo; sys.path[:0] = [{str(asset)!r}]; zoneinfo.reset_tzpath(to=[]);"
        "from lambdas.core.marketplaces import _MARKETPLACES, zone_of;"
        "zones = {zone_of(each) for each in _MARKETPLACES};"
        "print(len({zoneinfo.ZoneInfo(zone).key for zone in zones}))"
    )

    done = subprocess.run(
        [sys.executable, "-ISB", "-c", code], capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == ("23\n", "")


def test_it_runs_on_any_processor(asset: Path) -> None:
    compiled = {".so", ".pyd", ".dylib", ".pyc"}

    assert [path for path in asset.rglob("*") if path.suffix in compiled] == []


def test_it_is_small(asset: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "asset"), "zip", asset)

    assert Path(archive).stat().st_size < 2_500_000


def test_it_holds_the_lambdas_and_no_scripts(asset: Path) -> None:
    assert (asset / "lambdas" / "core" / "window.py").is_file()
    assert not (asset / "bin").exists()


def test_the_same_source_gives_the_same_bytes(asset: Path, tmp_path: Path) -> None:
    build(tmp_path)

    assert _contents(tmp_path) == _contents(asset)


@pytest.mark.parametrize(
    ("pin", "message"),
    [
        ("httpx==0.1.0", r"httpx [\d.]+ is installed, .* pins 0.1.0; run: make synth"),
        ("not-there==1.0", "not-there is not installed beside the CDK; run: make synth"),
        (f"cryptography=={version('cryptography')}", "cryptography is not pure Python"),
    ],
)
def test_a_package_that_cannot_ship_stops_the_build(tmp_path: Path, pin: str, message: str) -> None:
    (tmp_path / "requirements.txt").write_text(f"# What ships.\n{pin}\n")

    with pytest.raises(BundlingError, match=message):
        build(tmp_path / "asset", source=tmp_path)


def _contents(directory: Path) -> dict[str, bytes]:
    files = [path for path in directory.rglob("*") if path.is_file()]
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}
