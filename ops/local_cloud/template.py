"""The template that `cdk deploy` would deploy, synthesised once and kept while nothing changed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ops.local_cloud.stack import STACK_NAME

PROJECT = Path(__file__).parents[2]
CACHE = PROJECT / ".cache" / "templates"
WITHOUT_ASSETS: dict[str, list[str]] = {"aws:cdk:bundling-stacks": []}


class SynthesisError(RuntimeError):
    """`app.py` failed; the text is what it said."""


def synthesise(project: Path = PROJECT, cache: Path = CACHE, **settings: str) -> dict[str, Any]:
    """With the settings of cdk.json but for those given; a second call reads a file.

    Needs no account, no network and no Docker. Raises SynthesisError.
    """
    path = cache / f"{_fingerprint(project, settings)}.json"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=cache) as folder:
            _run_app(project, folder, settings)
            Path(folder, f"{STACK_NAME}.template.json").replace(path)
    template: dict[str, Any] = json.loads(path.read_text())
    return template


def _run_app(project: Path, folder: str, settings: Mapping[str, str]) -> None:
    context = json.dumps({**WITHOUT_ASSETS, **settings})
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=project,
        env={**os.environ, "CDK_OUTDIR": folder, "CDK_CONTEXT_JSON": context},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SynthesisError(done.stderr.strip())


def _fingerprint(project: Path, settings: Mapping[str, str]) -> str:
    """Of all that the template is made of; the functions' code is not part of it."""
    digest = hashlib.sha256(f"{version('aws-cdk-lib')} {json.dumps(settings)}".encode())
    for path in [project / "app.py", project / "cdk.json", *sorted(project.glob("infra/**/*.py"))]:
        digest.update(f"{path.relative_to(project)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]
