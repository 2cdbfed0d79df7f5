"""Where a command keeps its place between two runs: on this machine, apart for each deployment."""

import os
from pathlib import Path

from ops.deployment import Deployment


def state_folder(deployment: Deployment) -> Path:
    """A folder that only this user can read; nothing private of a buyer or seller goes into it."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    folder = Path(base, "dayfive", deployment.output("OrdersTableName"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
