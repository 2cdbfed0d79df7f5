"""The first links: AWS credentials and Region, the stack, and the clock of this machine."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

from ops.aws_trouble import aws_session, why_no_answer, why_refused
from ops.deployment import STACK_NAME
from ops.doctor.finding import Finding, looking, note, ok, wrong

# AWS refuses a signature that is five minutes off ("Signature Version 4", IAM user guide).
WRONG_BY = timedelta(seconds=60)

_SETTLED = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})
_QUICKLY = Config(connect_timeout=2, read_timeout=4, retries={"total_max_attempts": 1})


def look_at_account() -> Iterator[Finding]:
    """Whose AWS account this is; the last finding is WRONG where nothing more can be seen."""
    try:
        session = aws_session()
        if session.region_name is None:
            raise NoRegionError
        answer = session.client("sts").get_caller_identity()
    except ClientError as error:
        yield from look_at_clock("AWS's", ahead_of(_date_of(error.response)))
        yield wrong("AWS", *why_refused(error))
    except BotoCoreError as error:
        yield wrong("AWS", *why_no_answer(error))
    else:
        yield ok("AWS", f"account {answer['Account']}, Region {session.region_name}")
        yield from look_at_clock("AWS's", ahead_of(_date_of(answer)))


def look_at_clock(whose: str, ahead: timedelta | None) -> Iterator[Finding]:
    """How far ahead of another clock this machine's is; nothing where that is not known."""
    if ahead is None:
        return
    seconds = abs(ahead).total_seconds()
    if abs(ahead) <= WRONG_BY:
        yield ok("clock", f"within {max(seconds, 1):.0f} s of {whose}")
        return
    way = "ahead of" if ahead > timedelta() else "behind"
    yield wrong(
        "clock",
        f"this machine's is {seconds:,.0f} s {way} {whose}",
        "set it; AWS refuses calls from five minutes on",
    )


def ahead_of(date: str | None) -> timedelta | None:
    """How far this machine's clock is ahead of a Date header that has just come."""
    try:
        theirs = parsedate_to_datetime(date or "")
    except ValueError:
        return None
    return datetime.now(UTC) - (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC))


def look_at_stack(client: Any, outputs_wanted: tuple[str, ...]) -> Iterator[Finding]:
    """Whether the stack is settled and has all that these commands read of it."""
    with looking():
        [stack] = client.describe_stacks(StackName=STACK_NAME)["Stacks"]
    status = stack["StackStatus"]
    outputs = {each["OutputKey"] for each in stack.get("Outputs", [])}
    missing = [name for name in outputs_wanted if name not in outputs]
    if missing:
        yield wrong("stack", f"it is an older one, without {', '.join(missing)}", "run make deploy")
    elif status in _SETTLED:
        at = stack.get("LastUpdatedTime") or stack["CreationTime"]
        yield ok("stack", f"{STACK_NAME}, deployed {at.astimezone(UTC):%Y-%m-%d}")
    elif status == "UPDATE_ROLLBACK_COMPLETE":
        yield note(
            "stack",
            "the last deployment failed, and the one before is in force",
            "make deploy says why",
        )
    elif status.endswith("_IN_PROGRESS"):
        yield note("stack", f"it is being changed ({status})", "look again when that is over")
    else:
        yield wrong("stack", f"its state is {status}", "make deploy says why")


def other_regions_with_a_stack() -> list[str]:
    """The AWS Regions in which this account has a stack of this name after all."""
    session = aws_session()
    names = session.get_available_regions("cloudformation")
    clients = [
        (name, session.client("cloudformation", region_name=name, config=_QUICKLY))
        for name in names
        if name != session.region_name
    ]
    with ThreadPoolExecutor(max_workers=8) as pool:
        found = pool.map(lambda each: _has_stack(each[1]), clients)
    return [name for (name, _), has in zip(clients, found, strict=True) if has]


def _has_stack(client: Any) -> bool:
    try:
        client.describe_stacks(StackName=STACK_NAME)
    except (ClientError, BotoCoreError):
        return False  # none there, or a Region that this account does not use
    return True


def _date_of(answer: Any) -> str | None:
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    date: str | None = headers.get("date")
    return date
