"""The same packages everywhere: every pin exact, and no word on where they come from."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("file", ["requirements.txt", "lambdas/requirements.txt"])
def test_every_requirement_is_an_exact_pin(file: str) -> None:
    lines = [line.partition("#")[0].strip() for line in (ROOT / file).read_text().splitlines()]
    pins = [line for line in lines if line and line != "-r lambdas/requirements.txt"]

    assert pins
    assert [pin for pin in pins if not re.match(r"[\w.-]+(\[\w+\])?==[\w.]+($| ;)", pin)] == []


def test_development_uses_the_versions_that_ship() -> None:
    assert "\n-r lambdas/requirements.txt\n" in (ROOT / "requirements.txt").read_text()
