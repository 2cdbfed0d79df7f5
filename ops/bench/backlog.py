"""What a feast day does: ten thousand orders due at once, and a giant beside small sellers."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from rich.console import Console

from ops.bench.sending import figures_of, seller, serve, table_of

FEAST_DAY = 10_000
GIANT = 100_000
# Slower than the plan by a fifth: in the right order, every order can be asked before its shut.
SHUTS_EVERY = timedelta(seconds=1.2)


def run(console: Console) -> Mapping[str, Any]:
    """Print what became of a feast day's orders, and of the small sellers beside a giant."""
    small = {seller(number): 30 for number in range(1, 21)}
    feast = serve({seller(0): FEAST_DAY}, shuts_every=SHUTS_EVERY)
    alone = serve(small)
    beside = serve({seller(0): GIANT, **small}, until_done=small)
    served = {
        f"1 seller, {FEAST_DAY:,} orders, one shutting every 1.2 s": feast,
        "20 sellers, 30 orders each": alone,
        f"the same beside a seller with {GIANT:,}": beside,
    }
    slower = max(
        beside.done_after[each.seller_id] / alone.done_after[each.seller_id] for each in small
    )
    console.print("Backlogs, in moved time")
    console.print(table_of(served))
    console.print(
        f"Beside the giant the small sellers took at most {slower:.3f} of their time alone."
    )
    return {**figures_of(served), "small_sellers_beside_a_giant": round(slower, 4)}
