"""`make bench`: measures in one run what is claimed of speed and cost, each beside its floor."""

import argparse
import json
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from rich.console import Console

Section = Callable[[Console], Mapping[str, Any]]

# Each module's run() prints its tables and gives its figures; it is imported when it is wanted.
SECTIONS: dict[str, str] = {
    "timing": "ops.bench.timing",
    "sending": "ops.bench.sending",
    "backlog": "ops.bench.backlog",
    "intake": "ops.bench.intake",
    "startup": "ops.bench.startup",
    "cost": "ops.bench.cost",
    "sweeping": "ops.bench.sweeping",
}


def main() -> None:
    """Run the named sections, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m ops.bench", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    unknown = set(arguments.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"no section {', '.join(sorted(unknown))}; there are: {', '.join(SECTIONS)}")
    console = Console(highlight=False, soft_wrap=True, stderr=arguments.json)
    figures = {
        name: _section(name)(console)
        for name in SECTIONS
        if name in (arguments.sections or SECTIONS)
    }
    if arguments.json:
        print(json.dumps(figures, indent=2))


def _section(name: str) -> Section:
    run: Section = import_module(SECTIONS[name]).run
    return run


if __name__ == "__main__":
    main()
