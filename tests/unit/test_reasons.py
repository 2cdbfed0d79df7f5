"""Every reason that the code can write has a sentence, and every sentence a reason."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambdas.core.solicitation import Solicitation, Status
from ops.backfill.planning import BACKFILLED
from ops.reasons import ANSWERS, REASONS, STATES, WHY_NO_CALLS, is_trouble, why, word_of
from tests.records import solicitation

LAMBDAS = Path(__file__).parents[2] / "lambdas"
WORD = re.compile(r"[a-z]+(_[a-z]+)*")

# Where a reason is called a problem, a refusal, or why there are no calls.
TOLD_BY_OTHER_NAMES = {"delivery.py", "refusals.py", "seller.py"}

# Words of the core that are no reason of an order: of news that changes nothing, of a turn that
# is passed over, of estimates, settings and fields.
NO_REASONS = {
    "access_denied",
    "claim",
    "claim_until",
    "due_at",
    "held",
    "not_a_status_change",
    "not_due",
    "not_shipped",
    "plan",
    "promise",
    "repeat",
    "unrecognised",
}

# Outside the core a reason is an argument of these.
TAKE_A_REASON = {"_defer", "note_trouble", "note_own_failure", "on_trouble", "on_own_failure"}


def words_of_the_core() -> set[str]:
    paths = (LAMBDAS / "core").glob("*.py")
    return {
        node.value
        for path in paths
        if "reason" in path.read_text() or path.name in TOLD_BY_OTHER_NAMES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and WORD.fullmatch(node.value)
    }


def words_of_the_functions() -> Iterator[str]:
    for path in LAMBDAS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
                if name in TAKE_A_REASON:
                    yield from filter(None, map(_text, node.args))


def _text(node: ast.expr) -> str | None:
    """A constant, or what an f-string begins with."""
    if isinstance(node, ast.JoinedStr) and node.values:
        return _text(node.values[0])
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.partition(": ")[0]
    return None


def test_every_reason_in_the_code_has_a_sentence_and_every_sentence_a_reason() -> None:
    of_lambdas = (words_of_the_core() - NO_REASONS) | set(words_of_the_functions())
    found = of_lambdas | {BACKFILLED}

    assert found == set(REASONS) | set(WHY_NO_CALLS) | set(ANSWERS), (
        "say in ops/reasons.py what a new reason means; a word that is none belongs to NO_REASONS"
    )


def test_no_word_is_left_out_that_is_not_there() -> None:
    assert words_of_the_core() >= NO_REASONS


def test_every_state_has_a_sentence() -> None:
    assert set(STATES) == set(Status)


@pytest.mark.parametrize("text", [*REASONS.values(), *WHY_NO_CALLS.values(), *STATES.values()])
def test_a_sentence_is_one(text: str) -> None:
    assert re.fullmatch(r"[A-Z].*\.", text)
    assert "  " not in text
    assert "_" not in text


def of(status: Status, reason: str) -> Solicitation:
    return solicitation(status=status, reason=reason)


def test_what_is_named_after_a_reason_is_named_in_its_sentence() -> None:
    assert why(of(Status.SKIPPED, "excluded_sku: MUG (blue): large")) == (
        "Not asked, on purpose. The seller's settings exclude one of its items (MUG (blue): large)."
    )
    assert why(of(Status.SKIPPED, "skipped_by_operator (one answer unknown)")) == (
        "Not asked, on purpose. An operator skipped it. A create call had no answer before that,"
        " so it may have been asked."
    )
    assert why(of(Status.HELD, "failed: KeyError")).endswith("five times it is held (KeyError).")


def test_amazons_own_words_are_quoted() -> None:
    text = "createProductReviewAndSellerFeedbackSolicitation: 403 Unauthorized: Please wait."

    assert why(of(Status.HELD, text)) == (
        "Not asked: a person has to look at it first. Amazon answered in words that DayFive does"
        f" not know: {text}"
    )
    assert why(of(Status.WAITING, text)) == (
        f"Not asked yet. The last call failed at Amazon ({text}); it is tried again."
    )


def test_trouble_is_told_from_an_answer() -> None:
    assert is_trouble(of(Status.WAITING, "throttled"))
    assert is_trouble(of(Status.WAITING, "GET: 503 InternalFailure"))
    assert not is_trouble(of(Status.WAITING, "not_offered"))
    assert not is_trouble(of(Status.HELD, "GET: 400 InvalidInput"))


def test_a_word_is_told_from_a_text() -> None:
    assert word_of("excluded_sku: A B") == "excluded_sku"
    assert word_of("403 Forbidden") is None
