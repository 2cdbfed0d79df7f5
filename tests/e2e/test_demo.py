"""The demo as a newcomer runs it: a process of its own, its exit status and its words."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
EVENTS = PROJECT / "tests" / "events"


def demo(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "ops", "demo", *arguments],
        cwd=PROJECT,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    return done.returncode, done.stdout, done.stderr


def figures_of(*arguments: str) -> dict[str, Any]:
    status, printed, said = demo(*arguments, "--json")
    assert status == 0, said
    figures: dict[str, Any] = json.loads(printed)
    return figures


def test_the_story_ends_with_every_promise_kept() -> None:
    figures = figures_of("--orders", "30", "--days", "4", "--seed", "11")

    assert all(verdict["tested"] and not verdict["broken"] for verdict in figures["promises"])
    assert sum(figures["outcomes"].values()) >= 30
    assert figures["sent"] >= 20
    assert figures["eligible_asked"] == figures["eligible"]
    assert figures["plan_refusals"] == 0


def test_it_begins_as_a_seller_would_and_says_how_it_ended() -> None:
    status, printed, _ = demo("--orders", "2", "--days", "1")

    assert status == 0
    assert "$ dayfive connect --seller A1DAYFIVENA001 --region na" in printed
    assert "subscription: created" in printed
    assert printed.endswith("Every promise was kept.\n")


def test_amazons_own_example_goes_through_and_is_no_status_change() -> None:
    path = EVENTS / "order_change_example_from_amazon.json"

    figures = figures_of("--notifications", str(path))

    assert figures["ignored"] == {"not_a_status_change": 1}
    assert figures["outcomes"] == {}


def test_a_users_own_messages_are_played(tmp_path: Path) -> None:
    names = ("shipped_mfn", "shipped_afn", "canceled_mfn", "cut_short")
    bodies = [(EVENTS / f"order_change_{name}.json").read_text() for name in names]
    recording = tmp_path / "messages.jsonl"
    recording.write_text("\n".join(" ".join(body.split("\n")) for body in bodies))

    figures = figures_of("--notifications", str(recording))

    assert figures["refused"] == 1
    assert figures["sent"] >= 1
    assert figures["notifications"] == 4


def test_a_file_without_notifications_is_one_line_of_error(tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("{}\n")

    status, _, error = demo("--notifications", str(empty))

    assert status == 1
    assert error.startswith(f"dayfive: {empty} has no ORDER_CHANGE notification")
    assert error.count("\n") == 1
