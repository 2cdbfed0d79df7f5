"""What a start of each function takes, from nothing to its first answer, and the asset's size."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from ops.bench.first_runs import FirstRun, amazon, first_runs
from ops.bench.runtime_api import RuntimeApi, runtime_api
from ops.local_cloud.stack import STACK_NAME
from ops.local_cloud.template import PROJECT
from ops.simulator.server import serve

STARTS = 15
ANSWERS_WITHIN_SECONDS = 30.0

# What Lambda's Python runtime has besides the asset (AWS Lambda Developer Guide, "Building
# Lambda functions with Python": the AWS SDK and the runtime interface client).
OF_THE_RUNTIME = ("awslambdaric", "simplejson", "snapshot-restore-py", "boto3", "botocore")
OF_BOTO3 = ("s3transfer", "jmespath", "python-dateutil", "six", "urllib3")

FLOOR = """
import json
import os

import boto3
from botocore import xform_name

PLAN = json.loads(os.environ["PLAN"])

def lambda_handler(event, context):
    session = boto3.session.Session()
    clients = {name: session.client(name) for name in PLAN["clients"]}
    for name, operation, params in PLAN["calls"]:
        getattr(clients[name], xform_name(operation))(**params)
    return {"batchItemFailures": []}
"""

# Runs the function itself, and answers with what it had boto3 do.
WITNESS = """
import importlib
import os

import botocore.session
from botocore.handlers import BUILTIN_HANDLERS

plan = {"clients": [], "calls": []}
create_client = botocore.session.Session.create_client

def note_client(session, name, *args, **kwargs):
    plan["clients"].append(name)
    return create_client(session, name, *args, **kwargs)

def note_call(params, model, **_):
    plan["calls"].append([model.service_model.service_name, model.name, dict(params)])

botocore.session.Session.create_client = note_client
BUILTIN_HANDLERS.append(("provide-client-params", note_call))
function = importlib.import_module("lambdas." + os.environ["AWS_LAMBDA_FUNCTION_NAME"])

def lambda_handler(event, context):
    answer = function.lambda_handler(event, context)
    failed = (answer or {}).get("batchItemFailures")
    assert not failed, failed
    return plan
"""


class StartFailedError(RuntimeError):
    """A function did not answer; the text is what it printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One start: CPU seconds in user and system mode, memory at most, and the answer."""

    seconds: float
    megabytes: float
    answer: Any


def run(console: Console) -> Mapping[str, Any]:
    """Print each function's start beside the floor's, with and without compiled files."""
    table = Table(
        *("first run", "our code", "floor (s)", "own (s)", "ratio", "MB", "clients", "calls"),
        box=None,
    )
    simulator = amazon()
    with TemporaryDirectory() as folder, serve(simulator) as server:
        endpoints = {
            "SP_API_ENDPOINT": server.sp_api_endpoint,
            "LWA_ENDPOINT": server.lwa_endpoint,
        }
        bench = Bench(Path(folder), endpoints)
        figures: dict[str, Any] = {"asset_zipped_bytes": bench.zipped_bytes}
        for make in first_runs(simulator):
            for compiled in (False, True):
                row, figure = bench.compare(make, compiled=compiled)
                table.add_row(*row)
                figures[", ".join(row[:2])] = figure
    asked = sum(each.accepted for each in simulator.ledger)
    if asked != 2 * (STARTS + 1):
        raise StartFailedError(f"the sender asked {asked} times")
    console.print(
        f"Start-up: CPU seconds to the first answer, median of {STARTS} starts each, in turns"
    )
    console.print(
        "(Lambda gives a function a share of a CPU, so that is what its start waits for.)"
    )
    console.print("The floor imports boto3, makes the clients that the function was seen to make,")
    console.print("and the same calls of AWS with the same answers; Amazon is the function's own.")
    console.print(table)
    console.print(f"asset, zipped: {bench.zipped_bytes / 1e6:.2f} MB")
    return figures


class Bench:
    """The asset and the runtime's own packages, side by side in a folder."""

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._runtime = folder / "runtime"
        self._runtime.mkdir()
        _link_runtime(self._runtime)
        asset, self._environments = _synthesise(folder / "cdk.out")
        self.zipped_bytes = _zipped(asset, folder / "asset.zip")
        self._compiled, self._source = folder / "compiled", folder / "source"
        shutil.copytree(asset, self._compiled)
        shutil.copytree(asset, self._source, ignore=shutil.ignore_patterns("__pycache__"))
        self._beside = folder / "beside"
        self._beside.mkdir()
        (self._beside / "floor.py").write_text(FLOOR)
        (self._beside / "witness.py").write_text(WITNESS)
        self._number = 0

    def compare(
        self, make: Callable[[int], FirstRun], *, compiled: bool
    ) -> tuple[tuple[str, ...], float]:
        """A row for the table, and the ratio: floor and function are started in turns."""
        # Seen with compiled files, which this start leaves behind where there were none.
        plan = self.start("witness", self._next(make), compiled=True).answer
        floor, own = [], []
        for _ in range(STARTS):
            floor.append(self.start("floor", self._next(make), compiled=compiled, plan=plan))
            first_run = self._next(make)
            own.append(self.start(f"lambdas.{first_run.function}", first_run, compiled=compiled))
        of_floor, of_own = (median(each.seconds for each in starts) for starts in (floor, own))
        row = (
            f"{first_run.function}, {first_run.what}",
            "compiled" if compiled else "source",
            f"{of_floor:.3f}",
            f"{of_own:.3f}",
            f"{of_own / of_floor:.2f}",
            f"{max(each.megabytes for each in own):.0f}",
            str(len(plan["clients"])),
            str(len(plan["calls"])),
        )
        return row, round(of_own / of_floor, 3)

    def start(
        self, module: str, first_run: FirstRun, *, compiled: bool, plan: object = None
    ) -> Start:
        """One start of a module's lambda_handler, to its first answer."""
        with runtime_api(first_run) as api:
            environment = self._environment(api, module, compiled=compiled)
            with subprocess.Popen(
                # -S: nothing of this machine's site-packages, only what is on the path.
                [sys.executable, "-S", "-m", "awslambdaric", f"{module}.lambda_handler"],
                env={**environment, "PLAN": json.dumps(plan)},
                cwd=self._beside,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            ) as process:
                answered = api.answered.wait(ANSWERS_WITHIN_SECONDS)
                megabytes = _peak_megabytes(process.pid)
                process.kill()
                printed = process.stdout.read().decode(errors="replace") if process.stdout else ""
                _, status, used = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
        if not answered or api.problem:
            raise StartFailedError(f"{module}: {api.problem or 'no answer'}\n{printed}")
        return Start(
            seconds=used.ru_utime + used.ru_stime,
            megabytes=megabytes,
            answer=api.answer,
        )

    def _next(self, make: Callable[[int], FirstRun]) -> FirstRun:
        self._number += 1
        return make(self._number)

    def _environment(self, api: RuntimeApi, module: str, *, compiled: bool) -> dict[str, str]:
        name = api.first_run.function
        asset = self._compiled if compiled else self._source
        path = [self._runtime] if module == "floor" else [asset, self._runtime]
        return {
            **self._environments[name],
            **self._variables,
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_ENDPOINT_URL": f"http://{api.address}",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            **({} if compiled else {"PYTHONDONTWRITEBYTECODE": "1"}),
        }


def _peak_megabytes(process_id: int) -> float:
    # Not wait4's: that one begins with what this process had when it made the other.
    status = Path(f"/proc/{process_id}/status").read_text()
    (peak,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(peak) / 1024


def _link_runtime(folder: Path) -> None:
    """What Lambda's runtime brings, taken from this environment."""
    for name in (*OF_THE_RUNTIME, *OF_BOTO3):
        package = distribution(name)
        for top in {file.parts[0] for file in package.files or [] if file.parts[0] != ".."}:
            if top != "__pycache__" and not top.endswith(".dist-info"):
                (folder / top).symlink_to(str(package.locate_file(top)))


def _synthesise(out: Path) -> tuple[Path, dict[str, dict[str, str]]]:
    """The asset's folder, and each function's environment with its references made up."""
    subprocess.run(
        [sys.executable, "app.py"],
        cwd=PROJECT,
        env={**os.environ, "CDK_OUTDIR": str(out)},
        check=True,
        capture_output=True,
    )
    template = json.loads((out / f"{STACK_NAME}.template.json").read_text())
    environments = {
        properties["Handler"].split(".")[1]: {
            name: value if isinstance(value, str) else f"https://sqs.us-east-1.example/{name}"
            for name, value in properties["Environment"]["Variables"].items()
        }
        for properties in _functions(template)
    }
    (asset,) = out.glob("asset.*/lambdas")
    return asset.parent, environments


def _functions(template: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            yield resource["Properties"]


def _zipped(folder: Path, path: Path) -> int:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder))
    return path.stat().st_size
