"""`dayfive --local`: every command on a demo that was kept, and what it does stays."""

import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console
from typer.main import get_command

from ops import cli
from ops.demo.command import keep_demo
from ops.demo.kept import KEPT_IN
from ops.readme import command_names
from tests.integration.conftest import Run

NA, EU, NEW = "A1DAYFIVENA001", "A1DAYFIVEEU001", "A1DAYFIVEFE001"
TOKEN = f"Atzr|demo-{NEW}-fe"

# Each as a newcomer might try it; `ORDER` and `HELD` are orders of the demo, `FILE` a new file.
TRIED = {
    ("connect",): ["--seller", NEW, "--region", "fe"],
    ("doctor",): [],
    ("backfill",): ["--days", "30", "--preview", "--seller", NA],
    ("live", "on"): ["--seller", NA, "--yes"],
    ("live", "off"): ["--seller", NA, "--yes"],
    ("status",): [],
    ("orders",): ["--limit", "5"],
    ("order",): ["ORDER"],
    ("skip",): ["HELD"],
    ("release",): ["HELD"],
    ("check",): ["ORDER", "--dry-run"],
    ("pause",): ["--all"],
    ("resume",): ["--all"],
    ("settings",): ["--seller", EU, "--exclude-sku", "DAYFIVE-MUG-BLUE"],
    ("forecast",): [],
    ("report",): ["--output", "FILE", "--yes"],
    ("export",): ["--format", "csv"],
    ("redrive",): ["--dry-run"],
    ("feedback-removal",): ["ORDER", "--dry-run"],
    ("disconnect",): ["--seller", EU, "--region", "eu", "--dry-run"],
}
ON_THEIR_OWN = {("demo",)}

# The demo may have dead letters, and Amazon does not offer to remove a feedback.
MAY_FIND_SOMETHING_WRONG = {("doctor",), ("feedback-removal",)}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo, kept once for all of these tests."""
    path = tmp_path_factory.mktemp("kept") / "demo.kept"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(KEPT_IN, str(path))
        keep_demo(Console(quiet=True), orders=14, days=3, seed=0)
    return path


@pytest.fixture
def local(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dayfive: Run) -> Run:
    """`dayfive --local` on a copy of its own."""
    monkeypatch.setenv(KEPT_IN, str(shutil.copy(kept, tmp_path / "demo.kept")))
    monkeypatch.setenv("DAYFIVE_REFRESH_TOKEN", TOKEN)

    def run(*arguments: str) -> tuple[int, str, str]:
        return dayfive("--local", *arguments)

    return run


def ids(local: Run, *arguments: str) -> list[str]:
    lines = local("orders", "--json", *arguments)[1].splitlines()
    return [json.loads(line)["amazon_order_id"] for line in lines]


def test_every_command_is_tried_here() -> None:
    assert set(command_names(get_command(cli.app))) == set(TRIED) | ON_THEIR_OWN


@pytest.mark.parametrize("command", TRIED, ids=" ".join)
def test_every_command_runs_on_the_kept_demo(
    command: tuple[str, ...], local: Run, tmp_path: Path
) -> None:
    stand_ins = {"FILE": str(tmp_path / "written.html")}
    if {"ORDER", "HELD"} & set(TRIED[command]):
        stand_ins |= {"ORDER": ids(local, "--reason", "not offered")[0]}
        stand_ins |= {"HELD": ids(local, "--state", "HELD")[0]}

    arguments = [stand_ins.get(each, each) for each in TRIED[command]]
    status, _, error = local(*command, *arguments)

    assert "Traceback" not in error
    assert error.splitlines()[0].startswith("(the kept demo, 2026-03-")
    assert status <= (command in MAY_FIND_SOMETHING_WRONG), error


def test_what_was_done_stays_done_and_the_functions_have_run(local: Run) -> None:
    [held] = ids(local, "--state", "HELD")

    local("skip", held)
    local("check", *ids(local, "--state", "WAITING"))

    assert ids(local, "--state", "SKIPPED", "--reason", "operator") == [held]
    # The sender was woken and has asked the simulated Amazon.
    told = json.loads(local("order", ids(local)[-1], "--json")[1])
    assert told["status"] in {"SENT", "WAITING", "SKIPPED", "CANCELED", "HELD"}
    assert not ids(local, "--reason", "check_asked_by_operator")


def test_a_seller_that_is_connected_there_is_there_the_next_time(local: Run) -> None:
    assert local("connect", "--seller", NEW, "--region", "fe")[0] == 0

    assert f"{NEW} in fe: dry run, nothing is sent" in local("status", "--seller", NEW)[1]


def test_there_are_past_orders_to_be_taken_in(local: Run) -> None:
    before = set(ids(local))
    status, preview, _ = local("backfill", "--days", "30", "--preview")

    assert status == 0
    assert "checked" in preview
    assert local("backfill", "--days", "30", "--yes")[0] == 0
    backfilled = set(ids(local)) - before
    assert backfilled
    # The sender was woken and has asked the simulated Amazon about those that were due.
    assert any(json.loads(local("order", each, "--json")[1])["checks"] for each in backfilled)


def test_what_a_command_noted_is_that_demos_own(
    local: Run, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "of a deployment"))
    backfill = ("backfill", "--days", "30", "--preview", "--seller", NA)

    local(*backfill)
    assert "used again" in local(*backfill)[2]

    monkeypatch.setenv(KEPT_IN, str(shutil.copy(kept, tmp_path / "other.kept")))
    assert "used again" not in local(*backfill)[2]
    assert not (tmp_path / "of a deployment").exists()


def test_time_passes_only_by_going_on(local: Run, dayfive: Run) -> None:
    before = local("status")[2]
    assert local("status")[2] == before

    status, printed, _ = dayfive("demo", "--go-on", "2")

    assert status == 0
    assert printed.splitlines()[-1].startswith("It is now 2026-03-1")
    assert local("status")[2] != before


def test_without_a_kept_demo_it_says_how_to_keep_one(
    dayfive: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEPT_IN, str(tmp_path / "nothing"))

    assert dayfive("--local", "status") == (
        1,
        "",
        "dayfive: no demo was kept: run dayfive demo --keep first, then use --local\n",
    )


def test_a_demo_of_another_version_is_not_taken(
    dayfive: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "demo.kept"
    path.write_bytes(b"0" * 99)
    monkeypatch.setenv(KEPT_IN, str(path))

    assert dayfive("--local", "status")[::2] == (
        1,
        "dayfive: the demo was kept by another version of DayFive: run dayfive demo --keep once"
        " more\n",
    )


def test_what_is_typed_wrong_is_said_before_the_demo_is_set_up(local: Run) -> None:
    assert local("orders", "--state", "LOST")[2].startswith("dayfive: --state: must be one of ")
    assert local("orders", "--state", "held")[2].startswith("(the kept demo, 2026-03-")


def test_the_demo_itself_is_not_run_on_the_demo(local: Run) -> None:
    assert local("demo")[::2] == (
        2,
        "dayfive: --local does not go with demo; see: dayfive --help\n",
    )


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--orders", "3", "--notifications", "x"], "--orders and --notifications"),
        (["--seed", "0", "--go-on", "1"], "--seed and --go-on"),
        (["--keep", "--json"], "--json and --keep"),
        (["--keep", "--go-on", "1"], "--keep and --go-on"),
    ],
)
def test_options_of_which_one_would_be_ignored_are_refused(
    dayfive: Run, arguments: list[str], problem: str
) -> None:
    assert dayfive("demo", *arguments)[::2] == (
        2,
        f"dayfive: {problem} do not go together; see: dayfive demo --help\n",
    )
