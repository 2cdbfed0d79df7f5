"""The order in which the doctor looks, and what depends on what."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import httpx

from lambdas.aws.errors import AwsError, CorruptRecordError
from lambdas.core.seller import Seller
from lambdas.spapi.endpoints import Endpoints
from ops.deployment import Deployment
from ops.doctor import account, machinery
from ops.doctor.applications import LOOKED_BACK, sellers_whose_application_changed
from ops.doctor.code import look_at_code
from ops.doctor.finding import (
    Finding,
    NotLookedAtError,
    State,
    note,
    ok,
    unknown,
    wrong,
)
from ops.doctor.seller import Place, SellerLinks
from ops.errors import OperatorError
from ops.seller_access import SellerAccess
from ops.wording import moment

# What the operator's commands read of the stack.
OUTPUTS = (
    "OrdersTableName",
    "OrderChangeQueueArn",
    "OrderChangeQueueUrl",
    "OrderChangeDlqUrl",
    "WakeUpQueueUrl",
    "WakeUpDlqUrl",
    "ScheduleDlqUrl",
    "ScheduleGroupName",
    "IntakeFunctionName",
    "SenderFunctionName",
    "SweeperFunctionName",
)

_LINKS: Mapping[str, Callable[[Deployment], Iterator[Finding]]] = {
    "queue policy": machinery.look_at_queue,
    "key": machinery.look_at_key,
    "functions": machinery.look_at_functions,
    "schedules": machinery.look_at_schedules,
    "concurrency": machinery.look_at_concurrency,
    "dead letters": machinery.look_at_dead_letters,
    "alarms": machinery.look_at_alarms,
}


def examine(
    endpoints: Endpoints, http: httpx.Client, *, only: str | None = None
) -> Iterator[Finding]:
    """Look at every link, from AWS to Amazon; nothing is changed, and no buyer's order is asked
    about. What cannot be looked at is UNKNOWN, and what hangs on a broken link is left out.
    Of the sellers all are looked at, or `only` the one of this id.
    """
    broken = False
    for finding in account.look_at_account():
        broken = broken or (finding.link == "AWS" and finding.state is State.WRONG)
        yield finding
    if broken:
        return
    try:
        deployment = Deployment.find()
    except OperatorError as error:
        yield _no_stack(error)
        return
    yield from _guarded(
        "stack", lambda: account.look_at_stack(deployment.client("cloudformation"), OUTPUTS)
    )
    yield from _guarded("code", lambda: look_at_code(deployment, http))
    for link, look in _LINKS.items():
        yield from _guarded(link, partial(look, deployment))
    yield from _guarded("sellers", lambda: _look_at_sellers(deployment, endpoints, http, only))


def _no_stack(error: OperatorError) -> Finding:
    elsewhere = account.other_regions_with_a_stack()
    if elsewhere:
        where = " or ".join(elsewhere)
        return wrong("stack", f"there is none in this AWS Region, but in {where}", "set AWS_REGION")
    return wrong("stack", *_split(str(error)))


def _split(text: str) -> tuple[str, str]:
    """What is, and what to do: an operator's error has both, with a colon between."""
    what, _, next_step = text.partition(": ")
    return what, next_step or "see docs/setup.md"


def _guarded(link: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except NotLookedAtError as error:
        yield unknown(link, f"not looked at ({error})", "these AWS credentials may lack that right")
    except OperatorError as error:
        yield wrong(link, *_split(str(error)))
    except AwsError as error:
        yield unknown(link, f"not looked at ({error})", "look again later")


def _look_at_sellers(
    deployment: Deployment, endpoints: Endpoints, http: httpx.Client, only: str | None
) -> Iterator[Finding]:
    clocks: list[timedelta | None] = []
    http.event_hooks["response"].append(
        lambda answer: clocks.append(account.ahead_of(answer.headers.get("date")))
    )
    corrupt: list[CorruptRecordError] = []
    listed = [each.seller_id for each in deployment.sellers.all(on_corrupt=corrupt.append)]
    for error in corrupt:
        yield wrong("sellers", str(error), "mend or delete that item in DynamoDB")
    if only is not None:
        listed = [each for each in listed if each == only]
    if not listed and not corrupt:
        who = only or "none"
        yield note("sellers", f"{who} is {'not ' if only else ''}connected", "run dayfive connect")
    links = SellerLinks(deployment, SellerAccess(http, endpoints))
    changed = _changes(deployment)
    for seller_id in listed:
        seller = deployment.sellers.get(seller_id)
        if seller is None:
            continue
        for region, state in seller.regions.items():
            yield from links.look(Place(seller=seller, region=region, state=state))
        yield _application(seller, changed)
    yield from account.look_at_clock("Amazon's", clocks[0] if clocks else None)


def _changes(deployment: Deployment) -> Mapping[str, datetime] | NotLookedAtError:
    try:
        return sellers_whose_application_changed(deployment)
    except NotLookedAtError as error:
        return error


def _application(seller: Seller, changed: Mapping[str, datetime] | NotLookedAtError) -> Finding:
    now_is = seller.application_id
    if now_is is None:
        found = ok("application", "its id comes with the first notification")
        return replace(found, seller_id=seller.seller_id)
    if isinstance(changed, NotLookedAtError):
        found = unknown("application", f"{now_is}; its changes were not looked at ({changed})")
    elif changed_at := changed.get(seller.seller_id):
        found = note(
            "application",
            f"notifications came under another id until {moment(changed_at)}; now {now_is}",
            "nothing, if you changed the application; else see which one sends them",
        )
    else:
        found = ok("application", f"{now_is}, unchanged for {LOOKED_BACK.days} days")
    return replace(found, seller_id=seller.seller_id)
