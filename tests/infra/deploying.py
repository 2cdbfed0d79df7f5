"""A copy of this project, deployed by its own make targets into an AWS on this machine."""

import json
import os
import re
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from tests.conftest import FAKE_AWS

PROJECT = Path(__file__).parents[2]
DEPLOYED = ("Makefile", "app.py", "cdk.json", "infra", "lambdas")
SECONDS = 180


def cdk_cli() -> Path:
    """Where the Makefile installs the version that it pins."""
    [folder] = re.findall(r"^CDK +:= (\S+)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    return PROJECT / str(folder)


class Project:
    """The copy: editing it makes the next version. Its `.venv` is the one that runs the tests."""

    def __init__(self, folder: Path, aws_url: str) -> None:
        self.folder = folder
        for name in DEPLOYED:
            source = PROJECT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, folder / name)
        (folder / ".venv").symlink_to(PROJECT / ".venv")
        self._outputs = folder / "outputs.json"
        self._environment = {
            **FAKE_AWS,
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "CI": "true",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            # A name would become one for each bucket, which nobody resolves; a number does not.
            "AWS_ENDPOINT_URL_S3": aws_url,
            "AWS_ENDPOINT_URL": aws_url.replace("127.0.0.1", "localhost"),
        }

    @property
    def outputs(self) -> dict[str, str]:
        """Of the last deployment, as the CLI wrote them down."""
        outputs: dict[str, str] = json.loads(self._outputs.read_text())["DayFive"]
        return outputs

    def make(self, target: str, *arguments: str) -> str:
        """What `make target ARGS=...` prints; where it fails, the error has it all."""
        status, printed = self._run(target, *arguments)
        assert status == 0, f"make {target} ended with {status}:\n{printed}"
        return printed

    def deploy(self, *arguments: str) -> str:
        # moto gives the outputs of change sets no values.
        for_moto = "--method=direct"
        unasked = ("--require-approval=never", f"--outputs-file={self._outputs}")
        return self.make("deploy", for_moto, *unasked, *arguments)

    def update(self, *arguments: str) -> str:
        # moto does not remember the value that a template's parameter had by default.
        for_moto = "--no-previous-parameters"
        return self.deploy(for_moto, *arguments)

    def diff(self, *arguments: str) -> str:
        # moto fails at the change set by which CloudFormation would tell replacements.
        for_moto = "--method=template"
        return self.make("diff", for_moto, *arguments)

    def refuse(self, target: str, *arguments: str) -> str:
        """What it prints where it must not succeed."""
        status, printed = self._run(target, *arguments)
        assert status != 0, f"make {target} succeeded:\n{printed}"
        return printed

    def _run(self, target: str, *arguments: str) -> tuple[int, str]:
        installed = "--old-file=.venv/.ready"  # whatever the times of the copied files say
        with subprocess.Popen(
            ["make", "--no-print-directory", installed, target, f"ARGS={' '.join(arguments)}"],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                printed, _ = process.communicate(timeout=SECONDS)
            finally:
                with suppress(ProcessLookupError):  # as it should be: all of them have ended
                    os.killpg(process.pid, signal.SIGKILL)
        return process.returncode, printed
