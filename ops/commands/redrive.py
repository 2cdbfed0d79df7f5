"""`dayfive redrive`: shows what lies in the dead-letter queues, asks, and sends it back."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from ops.commands.console import (
    DryRunOption,
    JsonOption,
    YesOption,
    ask,
    command_group,
    counted,
    moment,
    say,
    say_json,
    say_table,
    waiting,
)
from ops.dead_letter_reasons import NOT_A_WAKE_UP, DeadLetter
from ops.dead_letters import Dlq
from ops.deployment import Deployment
from ops.errors import OperatorError
from ops.redrive import Choose, Look, Redrive

app = command_group()

_ROWS = 20
_SHORTENED = 8


QueueOption = Annotated[
    list[Dlq] | None,
    typer.Option(
        metavar="order-change|wake-up|schedule", help="Only this queue; may be given again."
    ),
]
MessageOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="MESSAGE_ID",
        help="Only this message, by its id or the id's beginning; may be given again.",
    ),
]
DeleteOption = Annotated[
    bool,
    typer.Option(
        "--delete", help="Delete instead: those that sending back cannot help, or --message."
    ),
]
LimitOption = Annotated[
    int, typer.Option(min=1, metavar="N", help="At most so many messages of each queue.")
]


@app.command(epilog="Example: dayfive redrive --queue order-change")
def redrive(
    queue: QueueOption = None,
    message: MessageOption = None,
    delete: DeleteOption = False,
    limit: LimitOption = 1000,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Look at the dead-letter queues, and send messages back.

    Shows what is in them and why, then sends back those that would be taken in now: to
    OrderChangeQueue, or as a wake-up of their seller. The others stay, unless they are named. With
    --json it only lists, unless --yes is given too.
    """
    redriving = Redrive(Deployment.find())
    with waiting("Looking at the dead-letter queues"):
        looks = [redriving.look(each, limit=limit) for each in queue or Dlq]
    choose = _choice(looks, message, delete=delete)
    chosen = sum(choose(letter) for letter in _letters(looks))
    act = chosen > 0 and not dry_run and (yes or not as_json)
    if not as_json:
        _say_what_is_there(looks, choose, delete=delete)
    elif not act:
        for letter in _letters(looks):
            say_json(_record(letter, chosen=choose(letter), done=False))
    if dry_run and chosen and not as_json:
        say(f"Would {_verb(delete)} {counted(chosen, 'message')}")
    if act:
        ask(_question(chosen, delete=delete), yes=yes)
        dlqs = [look.dlq for look in looks]
        _act(redriving, dlqs, choose, delete=delete, limit=limit, as_json=as_json)


def _letters(looks: Sequence[Look]) -> list[DeadLetter]:
    return [letter for look in looks for letter in look.letters]


def _choice(looks: Sequence[Look], named: Sequence[str] | None, *, delete: bool) -> Choose:
    """What is named, else all that sending back helps (or, to be deleted, does not help)."""
    if not named:
        return lambda letter: letter.reading.returnable is not delete
    found = [_named(looks, name) for name in named]
    for letter in found:
        if letter.reading.reason == NOT_A_WAKE_UP and not delete:
            raise OperatorError(
                f"message {letter.message.message_id} names no seller and region, and would hold"
                " up the queue: it can only be deleted (--delete)"
            )
    ids = {letter.message.message_id for letter in found}
    return lambda letter: letter.message.message_id in ids


def _named(looks: Sequence[Look], name: str) -> DeadLetter:
    found = [each for each in _letters(looks) if each.message.message_id.startswith(name)]
    if len(found) != 1:
        problem = "is in none of the queues" if not found else "is the beginning of several"
        raise OperatorError(f"--message {name} {problem}: dayfive redrive --json lists them all")
    return found[0]


def _act(
    redriving: Redrive,
    dlqs: Sequence[Dlq],
    choose: Choose,
    *,
    delete: bool,
    limit: int,
    as_json: bool,
) -> None:
    done = 0
    settle = redriving.delete if delete else redriving.send_back
    try:
        for dlq in dlqs:
            with waiting(f"{dlq.shown}: {_verb(delete)}"):
                for letter in settle(dlq, choose, limit=limit):
                    done += 1
                    if as_json:
                        say_json(_record(letter, chosen=True, done=True))
    finally:
        if not as_json:
            say(f"{'deleted' if delete else 'sent back'}: {counted(done, 'message')}")


def _say_what_is_there(looks: Sequence[Look], choose: Choose, *, delete: bool) -> None:
    for look in looks:
        say(f"{look.dlq.shown}: {counted(look.count, 'message') if look.count else 'empty'}")
        rows = [
            [*_row(letter), _fate(choose(letter), delete=delete), _why(letter)]
            for letter in look.letters[:_ROWS]
        ]
        if rows:
            say_table(("message", "since", "of", "now", "why it is here"), rows, indent=2)
        if look.count > len(rows):
            say(f"  and {look.count - len(rows):,} more; --json lists what can be seen of them")
    if _letters(looks) and not any(map(choose, _letters(looks))):
        say(_none(delete))


def _none(delete: bool) -> str:
    if delete:
        return "none is deleted: all of them can go back; --message chooses one all the same"
    return "none goes back as things are; --message sends one all the same, --delete removes them"


def _fate(chosen: bool, *, delete: bool) -> str:
    if not chosen:
        return "stays"
    return "is deleted" if delete else "goes back"


def _row(letter: DeadLetter) -> list[str]:
    reading = letter.reading
    order = reading.order.amazon_order_id if reading.order else None
    of = order or " in ".join(part for part in (reading.seller_id, reading.region) if part) or "?"
    return [
        letter.message.message_id[:_SHORTENED],
        moment(letter.message.sent_at),
        of,
    ]


def _why(letter: DeadLetter) -> str:
    return f"{letter.reading.reason}: {letter.reading.why}"


def _record(letter: DeadLetter, *, chosen: bool, done: bool) -> dict[str, Any]:
    reading = letter.reading
    return {
        "queue": str(letter.dlq),
        "message_id": letter.message.message_id,
        "sent_at": letter.message.sent_at,
        "reason": reading.reason,
        "why": reading.why,
        "seller_id": reading.seller_id,
        "region": reading.region,
        "amazon_order_id": reading.order.amazon_order_id if reading.order else None,
        "marketplace_id": reading.order.marketplace_id if reading.order else None,
        "order_status": reading.order.order_status if reading.order else None,
        "chosen": chosen,
        "done": done,
    }


def _question(chosen: int, *, delete: bool) -> str:
    messages = counted(chosen, "message")
    return f"Delete {messages}? This cannot be undone." if delete else f"Send {messages} back?"


def _verb(delete: bool) -> str:
    return "delete" if delete else "send back"
