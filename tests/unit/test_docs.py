"""What the documents tell an operator to type can be typed."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer import TyperException
from typer.main import get_command

from ops import cli
from ops.readme import COMMANDS

PROJECT = Path(__file__).parents[2]
DOCUMENTS = sorted({PROJECT / "README.md", *(PROJECT / "docs").glob("*.md")} - {COMMANDS})
STANDS_FOR = {
    "SELLER_ID": "A3EXAMPLE00001",
    "ORDER_ID": "903-5550101-0000001",
    "ID": "903-5550101-0000001",
    "DATE": "2026-04-01",
}
CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^(?:\.venv/bin/)?dayfive ([^|#;\n]+)", re.MULTILINE)


def typed_in(document: Path) -> Iterator[list[str]]:
    """The words after `dayfive`, wherever it begins a line or a piece of code."""
    for code in CODE.findall(document.read_text()):
        for found in COMMAND.findall(code.strip("`").lstrip()):
            yield [STANDS_FOR.get(word, word) for word in shlex.split(found)]


def parse(words: list[str]) -> None:
    """As `dayfive` would, but for a command's name alone, where it is only spoken of."""
    command: Any = get_command(cli.app)
    rest = [word for word in words if word != "--local"]
    while rest and hasattr(command, "commands"):
        command = command.commands[rest.pop(0)]
    if rest:
        command.make_context("dayfive", rest)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_command_can_be_typed_as_it_is_written(document: Path) -> None:
    for words in typed_in(document):
        parse(words)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_target_of_make_and_every_file_is_there(document: Path) -> None:
    text = document.read_text()
    pieces = "\n".join(code.strip("`").lstrip() for code in CODE.findall(text))
    rules = re.findall(r"^([a-z -]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    targets = {name for rule in rules for name in rule.split()}

    assert set(re.findall(r"^make ([a-z-]+)", pieces, re.MULTILINE)) <= targets
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_documents_name_commands() -> None:
    runbook = [*typed_in(PROJECT / "docs" / "runbook.md")]

    assert ["redrive", "--dry-run"] in runbook
    assert ["order", STANDS_FOR["ORDER_ID"]] in runbook
    assert ["live", "on", "--seller", STANDS_FOR["SELLER_ID"]] in typed_in(PROJECT / "README.md")


@pytest.mark.parametrize("words", [["mend"], ["redrive", "--all"], ["backfill", "--preview"]])
def test_what_cannot_be_typed_is_found(words: list[str]) -> None:
    with pytest.raises((KeyError, TyperException)):
        parse(words)
