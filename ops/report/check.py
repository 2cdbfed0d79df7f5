"""`make report-check`: opens reports in a real browser, at two widths and on paper, for faults."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from lambdas.core.marketplaces import Region
from lambdas.core.solicitation import Status
from ops.commands.connect import connect
from ops.commands.live import live_on
from ops.commands.report import report
from ops.demo.stage import credentials_of
from ops.demo.story import SELLERS, demo_stage, play_part_way
from ops.report.browser import PROGRAMS, BrowserError, View, find_browser, opened
from ops.report.figures import HELD_SHOWN, Figures, Held, Stage
from ops.report.page import Scope, page

VIEWS = (
    View(name="phone", width=390),
    View(name="phone-dark", width=390, is_dark=True),
    View(name="desk", width=1280),
    View(name="desk-dark", width=1280, is_dark=True),
    View(name="paper", width=794, is_print=True),
)
_ORDERS, _DAYS = 60, 14.0


def main() -> int:
    """Give 0 if nothing is wrong, or if there is no browser to look with."""
    parser = argparse.ArgumentParser(prog="make report-check")
    parser.add_argument("page", nargs="?", type=Path, help="a report; without it two are made")
    parser.add_argument("--orders", type=int, default=_ORDERS, help="of how many orders")
    parser.add_argument("--pictures", type=Path, help="a folder to put a picture of each view in")
    options = parser.parse_args()
    program = find_browser()
    if program is None:
        print(f"report-check: no browser is installed (looked for {', '.join(PROGRAMS)}): skipped")
        return 0
    with TemporaryDirectory() as folder:
        pages = [options.page] if options.page else list(_made(Path(folder), options.orders))
        try:
            wrong = sum(_look(program, each, options.pictures) for each in pages)
        except (BrowserError, OSError) as error:
            print(f"report-check: {program} is installed, and does not work: {error}")
            return 1
    return 1 if wrong else 0


def _look(program: str, page: Path, pictures: Path | None) -> int:
    """Say what each view shows; gives how much was wrong."""
    wrong = 0
    with opened(program) as browser:
        for view in VIEWS:
            picture = None
            if pictures:
                pictures.mkdir(parents=True, exist_ok=True)
                picture = pictures / f"{page.stem}-{view.name}.png"
            found = browser.problems(page, view, picture)
            print(
                f"report-check: {page.stem}, {view.name}, {view.width} wide:"
                f" {'; '.join(found) or 'ok'}"
            )
            wrong += len(found)
    return wrong


def _made(folder: Path, orders: int) -> Iterator[Path]:
    demo, extreme = folder / "demo.html", folder / "extreme.html"
    _of_a_demo(demo, orders)
    yield demo
    sellers = [f"A1SELLER{number:04}" for number in range(12)]
    extreme.write_text(page(_extreme(sellers), Scope(sellers=sellers)), encoding="utf-8")
    yield extreme


def _of_a_demo(output: Path, orders: int) -> None:
    """By the operator's own commands, on a demo that is stopped part-way."""
    with redirect_stdout(sys.stderr), demo_stage(0) as stage:
        for seller in SELLERS:
            with credentials_of(seller):
                connect(seller.seller_id, [seller.region])
            live_on(seller.seller_id, yes=True)
        play_part_way(stage, orders=orders, days=_DAYS, seed=0, on_day=lambda _: None)
        report(output=output)


def _extreme(sellers: list[str]) -> Figures:
    """Many sellers, months of days, large numbers, and words that are no page's own."""
    now = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    words = "<script>alert(1)</script> " + "Unbreakable" * 20
    days = [now.date() - timedelta(days=number) for number in range(200)]
    return Figures(
        made_at=now,
        outcomes=Counter(
            {
                (seller, region, status): 123_456
                for seller in sellers
                for region in Region
                for status in Status
            }
        ),
        reasons=Counter({(Status.HELD, f"{words} {number}"): number for number in range(1, 60)}),
        stages=Counter({stage: 10_000_000 // (n + 1) for n, stage in enumerate(Stage)}),
        asked_on=Counter({day: 86_400 - 100 * n for n, day in enumerate(days)}),
        checks=Counter({number: 1_000_000 // number for number in range(1, 11)}),
        due_on=Counter({day + timedelta(days=150): 12_345 for day in days}),
        delays=[number / 10 for number in range(400)],
        held=[
            Held(
                seller_id=sellers[0],
                amazon_order_id=f"903-5550101-{number:07}",
                reason=words,
                closes_at=now,
            )
            for number in range(HELD_SHOWN)
        ],
        unreadable=7,
    )


if __name__ == "__main__":
    sys.exit(main())
