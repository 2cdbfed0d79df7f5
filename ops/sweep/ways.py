"""The ways an order goes, each with the states in which it may rightly end."""

from collections.abc import Callable
from dataclasses import dataclass

from lambdas.core.solicitation import Status
from ops.simulator.faults import FaultKind
from ops.simulator.operations import CREATE_SOLICITATION, GET_ACTIONS, TOKEN
from ops.sweep.scene import Scene
from ops.sweep.stage import US

# Hours after midnight. A window is 25 days long, so one that shuts soon has opened long ago.
_SOON = 1.0
_SHUTS_IN_TWO_DAYS = 48.0 - 25 * 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What Amazon did, and whether its word reached nobody who could write it down."""

    accepted: bool
    answer_lost: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way; `ends` tells from what truly happened how the order's record must end."""

    name: str
    prepare: Callable[[Scene], None]
    ends: Callable[[Truth], Status]


def _asked(truth: Truth) -> Status:
    return Status.SENT_UNCONFIRMED if truth.answer_lost else Status.SENT


def _canceled_unless_asked(truth: Truth) -> Status:
    return Status.SENT if truth.accepted and not truth.answer_lost else Status.CANCELED


def _canceled(_: Truth) -> Status:
    return Status.CANCELED


def _expired(_: Truth) -> Status:
    return Status.EXPIRED


def _skipped(_: Truth) -> Status:
    return Status.SKIPPED


def _first_check(scene: Scene) -> None:
    scene.order_of_amazons(eligible_from=_SOON)
    scene.shipped(0, opens=_SOON)


def _third_check(scene: Scene) -> None:
    scene.order_of_amazons(eligible_from=_SOON + 2 * 24)
    scene.shipped_by_amazon(0, opens=_SOON)


def _canceled_before(scene: Scene) -> None:
    scene.canceled(0)
    scene.shipped(0.2, opens=_SOON)
    scene.order_of_amazons(eligible_from=_SOON)


def _canceled_after_schedule(scene: Scene) -> None:
    _first_check(scene)
    scene.canceled(0.5)


def _canceled_during_call(scene: Scene) -> None:
    _first_check(scene)
    scene.during_first_create(lambda now: now.canceled_now())


def _never_offered(scene: Scene) -> None:
    scene.order_of_amazons(eligible_from=_SOON + 100 * 24)
    scene.shipped(0, opens=_SHUTS_IN_TWO_DAYS)


def _throttled(scene: Scene) -> None:
    _first_check(scene)
    scene.trouble(FaultKind.THROTTLE, end=1.05, operation=GET_ACTIONS)
    scene.trouble(FaultKind.THROTTLE, end=1.2, operation=CREATE_SOLICITATION)


def _out_of_order(scene: Scene) -> None:
    _first_check(scene)
    scene.trouble(FaultKind.ERROR, end=2.5, status=503)


def _login_out_of_order(scene: Scene) -> None:
    _first_check(scene)
    scene.trouble(FaultKind.ERROR, end=1.5, operation=TOKEN, status=503)


def _refused_then_restored(scene: Scene) -> None:
    _first_check(scene)
    scene.revoke()
    scene.at(2.5, scene.restore)


def _refused_then_connected(scene: Scene) -> None:
    _first_check(scene)
    scene.revoke()
    scene.at(2.5, scene.connect_anew)


def _answer_lost(scene: Scene) -> None:
    scene.order_of_amazons(eligible_from=_SHUTS_IN_TWO_DAYS)
    scene.shipped(0, opens=_SHUTS_IN_TWO_DAYS)
    scene.trouble(FaultKind.LOST_ANSWER, end=6, operation=CREATE_SOLICITATION)


def _killed_before_call(scene: Scene) -> None:
    """Empty answers follow, although nobody was asked: they must not be taken for a proof."""
    scene.order_of_amazons(eligible_from=_SHUTS_IN_TWO_DAYS)
    scene.shipped(0, opens=_SHUTS_IN_TWO_DAYS)
    scene.kill_before_first_create()
    scene.trouble(FaultKind.EMPTY, start=0.1, end=12)


def _new_dates_while_waiting(scene: Scene) -> None:
    scene.order_of_amazons(eligible_from=_SOON + 24)
    scene.shipped(0, opens=_SOON)
    scene.shipped(0.5, opens=_SOON + 24)


def _new_dates_while_sending(scene: Scene) -> None:
    scene.order_of_amazons(eligible_from=_SOON)
    scene.shipped(0, opens=_SOON)
    scene.during_first_create(lambda now: now.shipped_now(opens=_SOON + 24))


def _dry_then_live(scene: Scene) -> None:
    _first_check(scene)
    scene.dry()
    scene.at(5, scene.go_live)


def _live_off_before(scene: Scene) -> None:
    _first_check(scene)
    scene.at(0.5, scene.dry)


def _live_off_during_check(scene: Scene) -> None:
    _first_check(scene)
    scene.live_off_during(GET_ACTIONS)


def _second_sender_at_check(scene: Scene) -> None:
    _first_check(scene)
    scene.second_sender_during(GET_ACTIONS)


def _second_sender_at_create(scene: Scene) -> None:
    _first_check(scene)
    scene.second_sender_during(CREATE_SOLICITATION)


def _more_than_a_run(scene: Scene) -> None:
    """Amazon answers so slowly that a run has time for two of three orders."""
    for each in (scene, scene.another(), scene.another()):
        _first_check(each)
    scene.amazon_takes(8, GET_ACTIONS)
    scene.amazon_takes(18, CREATE_SOLICITATION)


def _lost_wake_up(scene: Scene) -> None:
    _first_check(scene)
    scene.at(0.9, scene.lose_schedules)


def _last_half_hour(scene: Scene) -> None:
    scene.order_of_amazons(eligible_from=_SHUTS_IN_TWO_DAYS)
    scene.shipped(0, opens=0.5 - 25 * 24)


def _reopened(scene: Scene) -> None:
    """The promise was long past, and is replaced by a later one."""
    scene.order_of_amazons(eligible_from=-24)
    scene.shipped(0, opens=-26 * 24)
    scene.shipped(0.5, opens=_SOON)


def _held(scene: Scene) -> None:
    scene.order_of_amazons(eligible_from=_SHUTS_IN_TWO_DAYS)
    scene.shipped(0, opens=_SHUTS_IN_TWO_DAYS, marketplace_id="A1PA6795UKMFR9")


def _held_then_released(scene: Scene) -> None:
    _first_check(scene)
    scene.trouble(FaultKind.HTML_403, end=2, operation=CREATE_SOLICITATION)
    scene.at(5, scene.release)


def _marketplace_paused(scene: Scene) -> None:
    _first_check(scene)
    scene.at(0.5, lambda: scene.pause(US))
    scene.at(5, lambda: scene.resume(US))


def _paused_during_check(scene: Scene) -> None:
    _first_check(scene)
    scene.pause_during(GET_ACTIONS)
    scene.at(5, lambda: scene.resume(None))


def _excluded(scene: Scene) -> None:
    _first_check(scene)
    scene.at(0.5, scene.exclude)


WAYS = (
    Way(name="MFN, sent at the first check", prepare=_first_check, ends=_asked),
    Way(name="FBA, sent at the third check", prepare=_third_check, ends=_asked),
    Way(name="cancelled before it shipped", prepare=_canceled_before, ends=_canceled),
    Way(name="cancelled after the schedule", prepare=_canceled_after_schedule, ends=_canceled),
    Way(
        name="cancelled during the create call",
        prepare=_canceled_during_call,
        ends=_canceled_unless_asked,
    ),
    Way(name="never offered", prepare=_never_offered, ends=_expired),
    Way(name="held to the end", prepare=_held, ends=_expired),
    Way(name="held, then released", prepare=_held_then_released, ends=_asked),
    Way(name="announced in its last half hour", prepare=_last_half_hour, ends=_asked),
    Way(name="expired, reopened by new dates", prepare=_reopened, ends=_asked),
    Way(name="throttled, then sent", prepare=_throttled, ends=_asked),
    Way(name="Amazon out of order, then sent", prepare=_out_of_order, ends=_asked),
    Way(name="login out of order, then sent", prepare=_login_out_of_order, ends=_asked),
    Way(name="credentials refused, then good again", prepare=_refused_then_restored, ends=_asked),
    Way(name="credentials refused, then new ones", prepare=_refused_then_connected, ends=_asked),
    Way(name="sent, the answer lost", prepare=_answer_lost, ends=_asked),
    Way(name="killed before the call, then empty", prepare=_killed_before_call, ends=_asked),
    Way(name="new dates while waiting", prepare=_new_dates_while_waiting, ends=_asked),
    Way(name="new dates during the create call", prepare=_new_dates_while_sending, ends=_asked),
    Way(name="dry, then live", prepare=_dry_then_live, ends=_asked),
    Way(name="live off before it was due", prepare=_live_off_before, ends=_expired),
    Way(name="live off during the check", prepare=_live_off_during_check, ends=_expired),
    Way(name="marketplace paused, then resumed", prepare=_marketplace_paused, ends=_asked),
    Way(name="paused during the check, then resumed", prepare=_paused_during_check, ends=_asked),
    Way(name="left out before it was due", prepare=_excluded, ends=_skipped),
    Way(name="two senders at once, at the check", prepare=_second_sender_at_check, ends=_asked),
    Way(name="two senders at once, at the call", prepare=_second_sender_at_create, ends=_asked),
    Way(name="more due than one run serves", prepare=_more_than_a_run, ends=_asked),
    Way(name="wake-up lost, found by the sweeper", prepare=_lost_wake_up, ends=_asked),
)
