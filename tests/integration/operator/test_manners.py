"""How every command behaves: help, questions, colours, interruptions."""

import sys
from io import StringIO

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from ops import cli
from ops.commands.console import console
from ops.readme import command_names
from tests.integration.conftest import SELLER, Run
from tests.integration.operator.conftest import Shop

COMMANDS = list(command_names(get_command(cli.app)))
READ_ONLY = {("doctor",), ("status",), ("orders",), ("order",), ("forecast",), ("demo",)}
NOT_LISTINGS = {
    ("connect",),
    ("live", "on"),
    ("live", "off"),
    ("pause",),
    ("resume",),
    ("report",),
    ("export",),
    ("feedback-removal",),
    ("disconnect",),
}


def help_of(command: tuple[str, ...]) -> str:
    shown = CliRunner().invoke(cli.app, [*command, "--help"], env={"COLUMNS": "80"})
    assert shown.exit_code == 0
    return shown.output


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_has_an_example_and_no_word_of_a_programmer(command: tuple[str, ...]) -> None:
    text = help_of(command)

    assert f"Example: dayfive {' '.join(command)}" in text
    assert not any(word in text for word in ("<int", "<str", "<float", "<path", "<list", "x>="))
    assert all(len(line) <= 80 for line in text.splitlines())


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_what_writes_has_a_dry_run_and_what_lists_has_json(command: tuple[str, ...]) -> None:
    text = help_of(command)

    assert ("--dry-run" in text) == (command not in READ_ONLY)
    assert "--json" in text or command in NOT_LISTINGS


def test_a_question_that_nobody_answers_changes_nothing(
    shop: Shop, dayfive: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.deployment.sellers.set_live(SELLER, False)
    monkeypatch.setattr(sys, "stdin", StringIO(""))

    status, printed, error = dayfive("live", "on", "--seller", SELLER)

    assert printed == f"Ask the buyers of {SELLER} from now on? [y/N]: \n"
    assert (status, error) == (
        1,
        "dayfive: nothing was changed, for nobody answered: --yes does without the question\n",
    )


def test_a_question_that_is_answered_with_no_changes_nothing(
    shop: Shop, dayfive: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.deployment.sellers.set_live(SELLER, False)
    monkeypatch.setattr(sys, "stdin", StringIO("n\n"))

    assert dayfive("live", "on", "--seller", SELLER)[::2] == (1, "dayfive: nothing was changed\n")
    seller = shop.deployment.sellers.get(SELLER)
    assert seller is not None
    assert not seller.live


def test_nothing_is_coloured_in_a_pipe(shop: Shop, dayfive: Run) -> None:
    shop.put(1)

    for command in ("status", "orders", "forecast"):
        assert "\x1b" not in "".join(map(str, dayfive(command)))


def test_a_command_that_is_interrupted_ends_with_130(
    shop: Shop, dayfive: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.stdout, "write", interrupted)

    status, _, error = dayfive("status")

    assert (status, error) == (130, "dayfive: stopped; every command is safe to repeat\n")
    # A process would have ended by now: here the rest would be printed by the next command.
    monkeypatch.undo()
    with console.capture():
        pass


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("statsu", "there is no command statsu (status?); see: dayfive"),
        (
            "connect --seller A3EXAMPLE00001",
            "--region is missing: one of na, eu, fe; see: dayfive connect",
        ),
        (
            "orders --regoin eu",
            "there is no option --regoin (--reason, --region?); see: dayfive orders",
        ),
        (
            "status --local",
            "--local goes before the command: dayfive --local ...; see: dayfive status",
        ),
    ],
)
def test_what_is_typed_wrong_is_one_line_with_the_next_step(
    dayfive: Run, typed: str, problem: str
) -> None:
    assert dayfive(*typed.split()) == (2, "", f"dayfive: {problem} --help\n")


def test_without_arguments_there_is_help_and_status_2(dayfive: Run) -> None:
    status, _, error = dayfive()

    assert status == 2
    assert error.startswith("Usage: dayfive [OPTIONS] COMMAND [ARGS]...")
