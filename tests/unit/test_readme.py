"""README.md says what the code says, and its commands exist."""

import re

from typer.testing import CliRunner

from ops import cli
from ops.readme import COMMANDS, README, commands, readme

TEXT = README.read_text()


def test_what_is_generated_is_up_to_date() -> None:
    assert readme(TEXT) == TEXT, "run: .venv/bin/python -m ops.readme"
    assert COMMANDS.read_text() == commands(), "run: .venv/bin/python -m ops.readme"


def test_it_is_short_enough_to_be_read() -> None:
    assert len(TEXT.splitlines()) <= 200


def test_every_make_target_in_it_exists() -> None:
    makefile = (README.parent / "Makefile").read_text()
    targets = {name for line in re.findall(r"^([a-z ]+):", makefile, re.M) for name in line.split()}

    mentioned = set(re.findall(r"\bmake ([a-z]+)\b", TEXT))
    assert mentioned >= {"demo", "test", "deploy"}
    assert mentioned <= targets


def test_every_dayfive_command_in_it_exists() -> None:
    mentioned = set(re.findall(r"dayfive ((?:live )?[a-z]+)", TEXT))

    assert mentioned >= {"connect", "live on"}
    for command in mentioned:
        shown = CliRunner().invoke(cli.app, [*command.split(), "--help"])
        assert shown.exit_code == 0, command


def test_every_file_it_links_to_is_there() -> None:
    for link in re.findall(r"\]\(([^)]+)\)", TEXT):
        assert (README.parent / link).exists(), link
