"""What asking a million orders costs elsewhere: Amazon's own sample, and a commercial service."""

from ops.bench.month import Played
from ops.bench.plant import AMAZON_LATENCY, AWS_LATENCY
from ops.bench.standing import empty_receives
from ops.prices import Unit

# amzn/selling-partner-api-samples, use-cases/solicitations (removed 2026-07-22):
# app/app-template.yaml at commit d4c6590 (one message a batch, 512 MB, x86, Standard workflow,
# one secret) and app/step-functions/step-functions-workflow-definition.json at 1319acd (check,
# choice and a wait of a day for each check, then the submission).
_SAMPLE_GB = 0.5
_TRANSITIONS_OF_A_CHECK = 3
_CALLS_OF_A_NOTIFICATION = 2  # GetSchedule, CreateSchedule
_AMAZON_CALLS_OF_A_RUN = 2  # a token and the call itself, both anew each time
_AWS_CALLS_OF_A_RUN = 2  # GetSecretValue, and DeleteSchedule at the first check

# FeedbackFive's price page, 2026: requests a month, and dollars a month.
SERVICE_FROM = (250, 9.99)
SERVICE_MILLION = (1_000_000, 899.99)


def sample_for_an_order(played: Played) -> dict[Unit, float]:
    """The sample's uses for an average order of the same orders, as if it took those without
    dates, with the same CPU for a run as ours. Its logs are not counted.
    """
    intake_cpu = played.intake.seconds_of_cpu / played.intake.runs
    sender_cpu = played.sender.seconds_of_cpu / played.sender.runs
    notifications = played.notifications / played.orders
    shipped = played.shipped / played.orders
    checks, sent = played.sample_checks / played.orders, played.sent / played.orders
    call, amazon = AWS_LATENCY.total_seconds(), AMAZON_LATENCY.total_seconds()
    run = _AWS_CALLS_OF_A_RUN * call + _AMAZON_CALLS_OF_A_RUN * amazon + sender_cpu
    seconds = (
        notifications * intake_cpu
        + shipped * _CALLS_OF_A_NOTIFICATION * call
        + (checks + sent) * run
    )
    return {
        Unit.REQUESTS: 3 * notifications,
        Unit.RUNS: notifications + checks + sent,
        Unit.X86_GB_SECONDS: seconds * _SAMPLE_GB,
        Unit.SCHEDULES: shipped,
        Unit.SECRET_CALLS: checks + sent,
        Unit.STATE_TRANSITIONS: _TRANSITIONS_OF_A_CHECK * checks,
    }


def sample_standing() -> dict[Unit, float]:
    """One secret, and one queue whose empty receives are paid for."""
    return {Unit.SECRETS: 1, Unit.REQUESTS: empty_receives()}
