"""How long each function takes from nothing to its first answer, and how large the asset is."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import distribution
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from ops.bench.runtime_api import RuntimeApi, runtime_api
from ops.local_cloud.stack import STACK_NAME
from ops.local_cloud.template import PROJECT

STARTS = 9
ANSWERS_WITHIN_SECONDS = 30.0

# What Lambda's Python runtime has besides the asset (AWS Lambda Developer Guide, "Building
# Lambda functions with Python": the AWS SDK and the runtime interface client).
OF_THE_RUNTIME = ("awslambdaric", "simplejson", "snapshot-restore-py", "boto3", "botocore")
OF_BOTO3 = ("s3transfer", "jmespath", "python-dateutil", "six", "urllib3")

# Each function's clients at its first run, and what the floor therefore makes too.
CLIENTS = {
    "intake": ("dynamodb", "scheduler"),
    "sender": ("dynamodb", "scheduler", "sqs", "secretsmanager"),
    "sweeper": ("dynamodb", "sqs"),
}

FLOOR = """
import os

import boto3

def lambda_handler(event, context):
    session = boto3.session.Session()
    clients = {name: session.client(name) for name in os.environ["CLIENTS"].split()}
    if not event.get("Records") and os.environ["QUERIES"]:
        clients["dynamodb"].query(
            TableName="orders",
            KeyConditionExpression="open_key = :sellers",
            ExpressionAttributeValues={":sellers": {"S": "SELLERS"}},
        )
    return {"batchItemFailures": []}
"""


class StartFailedError(RuntimeError):
    """A function did not answer; the text is what it printed."""


def run(console: Console) -> Mapping[str, Any]:
    """Print each function's start beside the floor's, with and without compiled files."""
    with TemporaryDirectory() as folder:
        bench = _Bench(Path(folder))
        table = Table("function", "our code", "floor (s)", "function (s)", "ratio", box=None)
        figures: dict[str, Any] = {"asset_zipped_bytes": bench.zipped_bytes}
        # In this order: the first compiled start leaves its files in the folder.
        for compiled in (False, True):
            for name in CLIENTS:
                floor, own = bench.compare(name, compiled=compiled)
                of = "compiled" if compiled else "from source"
                table.add_row(name, of, f"{floor:.3f}", f"{own:.3f}", f"{own / floor:.2f}")
                figures[f"{name} {of}"] = round(own / floor, 3)
    console.print(
        f"Start-up: CPU seconds to the first answer, median of {STARTS} starts each, in turns"
    )
    console.print(
        "(Lambda gives a function a share of a CPU, so that is what its start waits for.)"
    )
    console.print("The floor imports boto3 and makes the same clients. The asset holds no compiled")
    console.print(
        "files, so Lambda starts it from source; the packages of its runtime are compiled."
    )
    console.print(table)
    console.print(f"asset, zipped: {bench.zipped_bytes / 1e6:.2f} MB")
    return figures


class _Bench:
    """The asset and the runtime's own packages, side by side in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runtime = folder / "runtime"
        self._runtime.mkdir()
        _link_runtime(self._runtime)
        self._task, self._environments = _synthesise(folder / "cdk.out")
        self.zipped_bytes = _zipped(self._task, folder / "asset.zip")
        (self._task / "floor.py").write_text(FLOOR)

    def compare(self, name: str, *, compiled: bool) -> tuple[float, float]:
        """Median CPU seconds to the answer of the floor and of the function, started in turns."""
        floor, own = [], []
        self._start("floor.lambda_handler", name, compiled=True)
        if compiled:
            self._start(f"lambdas.{name}.lambda_handler", name, compiled=True)
        for _ in range(STARTS):
            floor.append(self._start("floor.lambda_handler", name, compiled=compiled))
            own.append(self._start(f"lambdas.{name}.lambda_handler", name, compiled=compiled))
        return median(floor), median(own)

    def _start(self, handler: str, name: str, *, compiled: bool) -> float:
        """CPU seconds, in user and system mode, that one start takes to its first answer."""
        with runtime_api() as api:
            process = subprocess.Popen(
                # -S: nothing of this machine's site-packages, only what is on the path.
                [sys.executable, "-S", "-m", "awslambdaric", handler],
                env=self._environment(api, name, compiled=compiled),
                cwd=self._task,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            answered = api.answered.wait(ANSWERS_WITHIN_SECONDS)
            process.kill()
            printed = process.stdout.read().decode(errors="replace") if process.stdout else ""
            _, _, used = os.wait4(process.pid, 0)
        if not answered or api.problem:
            raise StartFailedError(f"{handler}: {api.problem or 'no answer'}\n{printed}")
        return used.ru_utime + used.ru_stime

    def _environment(self, api: RuntimeApi, name: str, *, compiled: bool) -> dict[str, str]:
        return {
            **self._environments[name],
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
            "CLIENTS": " ".join(CLIENTS[name]),
            "QUERIES": "1" if name == "sweeper" else "",
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, (self._task, self._runtime))),
            **({} if compiled else {"PYTHONDONTWRITEBYTECODE": "1"}),
        }


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
