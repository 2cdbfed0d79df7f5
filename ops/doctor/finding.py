"""What was found of one link of the chain, and what to do about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.aws.errors import AwsError, error_code
from lambdas.core.marketplaces import Region


class State(StrEnum):
    """How a link is; only WRONG makes the command fail."""

    OK = "ok"
    NOTE = "note"
    WRONG = "WRONG"
    UNKNOWN = "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor's: `text` says what is, `next_step` what to do."""

    link: str
    state: State
    text: str
    next_step: str = ""
    seller_id: str | None = None
    region: Region | None = None

    def __str__(self) -> str:
        return f"{self.text}: {self.next_step}" if self.next_step else self.text


def ok(link: str, text: str) -> Finding:
    return Finding(link=link, state=State.OK, text=text)


def note(link: str, text: str, next_step: str = "") -> Finding:
    return Finding(link=link, state=State.NOTE, text=text, next_step=next_step)


def wrong(link: str, text: str, next_step: str) -> Finding:
    return Finding(link=link, state=State.WRONG, text=text, next_step=next_step)


def unknown(link: str, text: str, next_step: str = "") -> Finding:
    return Finding(link=link, state=State.UNKNOWN, text=text, next_step=next_step)


class NotLookedAtError(Exception):
    """AWS did not let us look, which says nothing about the link itself."""


@contextmanager
def looking() -> Iterator[None]:
    """Turn AWS's refusals to show something into NotLookedAtError; its text says which call."""
    try:
        yield
    except ClientError as error:
        raise NotLookedAtError(f"{error.operation_name}: {error_code(error)}") from error
    except (BotoCoreError, AwsError) as error:
        text = str(error) if isinstance(error, AwsError) else type(error).__name__
        raise NotLookedAtError(text) from error
