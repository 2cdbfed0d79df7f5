"""The Lambda asset as it is built for a deployment, tried without anything else on the path."""

import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import boto3
import pytest

from infra.asset import COMPILES, BundlingError, build, compile_modules

RUNTIME_BRINGS = ("boto3", "botocore", "s3transfer", "dateutil", "six.py", "urllib3", "jmespath")
LIBRARIES = ("httpx", "aws_lambda_powertools.logging", "aws_lambda_powertools.metrics")
HANDLERS = ("lambdas.intake", "lambdas.sender", "lambdas.sweeper")


@pytest.fixture(scope="module")
def asset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("asset")
    build(directory)
    return directory


@pytest.fixture(scope="module")
def compiled(asset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As it is with the runtime's own Python, but compiled by the one that runs this."""
    directory = tmp_path_factory.mktemp("compiled") / "asset"
    shutil.copytree(asset, directory)
    compile_modules(directory)
    return directory


@pytest.mark.parametrize("module", LIBRARIES + HANDLERS)
def test_it_imports_with_nothing_but_boto3_beside_it(
    asset: Path, tmp_path: Path, module: str
) -> None:
    code = f"import {module} as it"
    if module in HANDLERS:
        code += "; assert callable(it.lambda_handler)"

    assert _run(code, asset, _runtime(tmp_path)) == ""


def test_all_that_ships_of_ours_imports(asset: Path, tmp_path: Path) -> None:
    modules = [
        ".".join(path.relative_to(asset).with_suffix("").parts)
        for path in (asset / "lambdas").rglob("*.py")
        if path.name != "__init__.py"
    ]

    assert _run(f"import {', '.join(modules)}", asset, _runtime(tmp_path)) == ""


def test_it_calls_without_the_asynchronous_half_of_its_client(asset: Path) -> None:
    code = (
        "import sys, httpx\n"
        "try: httpx.Client(trust_env=False).get('http://127.0.0.1:1')\n"
        "except httpx.ConnectError: print({'anyio', 'asyncio'} & set(sys.modules))"
    )

    assert _run(code, asset) == "set()\n"


def test_it_brings_the_marketplaces_clocks_along(asset: Path) -> None:
    code = (
        "import zoneinfo; zoneinfo.reset_tzpath(to=[]);"
        "from lambdas.core.marketplaces import _MARKETPLACES, zone_of;"
        "zones = {zone_of(each) for each in _MARKETPLACES};"
        "print(len({zoneinfo.ZoneInfo(zone).key for zone in zones}))"
    )

    assert _run(code, asset) == "23\n"


def test_it_runs_on_any_processor(asset: Path) -> None:
    native = {".so", ".pyd", ".dylib"}

    assert [path for path in asset.rglob("*") if path.suffix in native] == []


def test_it_holds_compiled_files_of_the_runtimes_python_only(asset: Path) -> None:
    tags = {path.suffixes[-2] for path in asset.rglob("*.pyc")}

    assert tags == ({".cpython-313"} if COMPILES else set())


def test_all_that_a_start_imports_is_compiled(compiled: Path, tmp_path: Path) -> None:
    code = (
        f"import os, sys, {', '.join(HANDLERS)}, httpcore\n"
        "own = [m for m in sys.modules.values() if getattr(m, '__file__', '')"
        f" and m.__file__.startswith({str(compiled)!r})]\n"
        "print(len(own) > 150, [m.__name__ for m in own if not os.path.exists(m.__cached__)])"
    )

    assert _run(code, compiled, _runtime(tmp_path)) == "True []\n"


def test_a_source_edited_in_place_is_what_runs(compiled: Path, tmp_path: Path) -> None:
    shutil.copytree(compiled / "lambdas", tmp_path / "lambdas")
    (tmp_path / "lambdas" / "deadline.py").write_text("print('edited')")

    assert _run("import lambdas.deadline", tmp_path) == "edited\n"


def test_it_is_small(compiled: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "asset"), "zip", compiled)

    assert Path(archive).stat().st_size < 2_500_000


def test_it_holds_the_lambdas_and_no_scripts(asset: Path) -> None:
    assert (asset / "lambdas" / "core" / "window.py").is_file()
    assert not (asset / "bin").exists()


def test_the_same_source_gives_the_same_bytes(compiled: Path, tmp_path: Path) -> None:
    build(tmp_path)
    compile_modules(tmp_path)

    assert _contents(tmp_path) == _contents(compiled)


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


def _runtime(directory: Path) -> Path:
    """What Lambda's runtime brings, in a folder."""
    folder = directory / "runtime"
    folder.mkdir()
    for name in RUNTIME_BRINGS:
        (folder / name).symlink_to(Path(boto3.__file__).parents[1] / name)
    return folder


def _run(code: str, *path: Path) -> str:
    """What it prints with nothing but this on the path; it must not fail or complain."""
    done = subprocess.run(
        [sys.executable, "-ISB", "-c", f"import sys; sys.path[:0] = {[*map(str, path)]}\n{code}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout


def _contents(directory: Path) -> dict[str, bytes]:
    files = [path for path in directory.rglob("*") if path.is_file()]
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}
