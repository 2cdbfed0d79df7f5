"""`python -m ops.sweep`: every crash point of every way, or one in so many; counts what broke."""

import argparse
import os
import sys
import time

from ops.sweep.runner import Run, Runner
from ops.sweep.ways import WAYS


def main() -> int:
    """Sweep, print a line a way, and give the process's exit status."""
    parser = argparse.ArgumentParser(prog="python -m ops.sweep", description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="try one crash point in so many")
    parser.add_argument("--way", default="", help="only ways whose name has this in it")
    options = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    print(f"{'way':<40}{'calls':>7}{'points':>8}{'broken':>8}{'seconds':>9}")
    broken: list[Run] = []
    points = 0
    with Runner() as runner:
        for way in (way for way in WAYS if options.way in way.name):
            begun = time.perf_counter()
            runs = list(runner.sweep(way, every=options.every))
            bad = [run for run in runs if run.broken]
            broken += bad
            points += len(runs) - 1
            seconds = time.perf_counter() - begun
            print(
                f"{way.name:<40}{len(runs[0].calls):>7}{len(runs) - 1:>8}{len(bad):>8}"
                f"{seconds:>9.1f}",
                flush=True,
            )
            for run in bad:
                print(f"  {run}", flush=True)
    print(f"{points} crash points; {len(broken)} runs broke something")
    return 1 if broken else 0


sys.exit(main())
