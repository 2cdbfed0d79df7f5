"""The simulated usage plans: one bucket for each seller, application and operation."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from ops.simulator.buckets import TokenBucket, UsagePlan
from ops.simulator.operations import GET_ACTIONS
from tests.unit.simulator_support import (
    EU_HOST,
    EU_REFRESH_TOKEN,
    REFRESH_TOKEN,
    SELLER,
    START,
    Amazon,
)

PLAN = UsagePlan(rate=1.0, burst=5)


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    amazon = Amazon()
    token = amazon.seller_token()

    burst = [amazon.check(token=token).status_code for _ in range(7)]
    amazon.clock.move(seconds=1)
    next_second = [amazon.check(token=token).status_code for _ in range(2)]
    amazon.clock.move(seconds=60)
    refilled = [amazon.check(token=token).status_code for _ in range(6)]

    assert burst == [200] * 5 + [429] * 2
    assert next_second == [200, 429]
    assert refilled == [200] * 5 + [429]


def test_operations_and_sellers_and_applications_have_buckets_of_their_own() -> None:
    amazon = Amazon()
    amazon.simulator.add_application("other", "other-secret")
    amazon.simulator.add_seller(SELLER, "na", "Atzr|other", application="other")
    for _ in range(5):
        amazon.check()
    other = amazon.token_request(
        grant_type="refresh_token",
        refresh_token="Atzr|other",
        client_id="other",
        client_secret="other-secret",
    )

    assert amazon.check().status_code == 429
    assert amazon.solicit().status_code == 201
    assert amazon.check(token=other.json()["access_token"]).status_code == 200
    eu_token = amazon.seller_token(EU_REFRESH_TOKEN)
    assert amazon.check(token=eu_token, host=EU_HOST).status_code == 404


def test_bad_requests_use_up_the_bucket() -> None:
    amazon = Amazon()

    statuses = [amazon.check(params={}).status_code for _ in range(6)]

    assert statuses == [400] * 5 + [429]


def test_a_plan_can_be_changed_and_is_told_in_the_header() -> None:
    amazon = Amazon()
    amazon.simulator.plans[GET_ACTIONS] = UsagePlan(rate=2.5, burst=10)
    token = amazon.seller_token()

    responses = [amazon.check(token=token) for _ in range(11)]

    assert [r.status_code for r in responses] == [200] * 10 + [429]
    assert responses[0].headers["x-amzn-ratelimit-limit"] == "2.5"


def test_the_token_endpoint_has_no_usage_plan() -> None:
    amazon = Amazon()

    responses = [
        amazon.token_request(grant_type="refresh_token", refresh_token=REFRESH_TOKEN)
        for _ in range(20)
    ]

    assert {r.status_code for r in responses} == {200}
    assert all("x-amzn-ratelimit-limit" not in r.headers for r in responses)


@given(st.lists(st.floats(0, 3), max_size=60))
def test_no_bucket_gives_more_than_its_plan(waits: list[float]) -> None:
    bucket, at, given_at = TokenBucket(), START, []

    for wait in waits:
        at += timedelta(seconds=wait)
        if bucket.take(PLAN, at):
            given_at.append(at)

    for first, start in enumerate(given_at):
        for count, end in enumerate(given_at[first:], start=1):
            assert count <= PLAN.burst + (end - start).total_seconds() * PLAN.rate + 1e-6


@given(st.integers(1, 200))
def test_one_call_each_interval_is_always_served(calls: int) -> None:
    bucket = TokenBucket()
    for _ in range(5):
        bucket.take(PLAN, START)

    assert all(bucket.take(PLAN, START + timedelta(seconds=n)) for n in range(1, calls))


def test_a_clock_that_goes_back_gives_nothing_twice() -> None:
    bucket = TokenBucket()
    later = START + timedelta(seconds=5)

    taken = [bucket.take(PLAN, at) for at in (later, START, later, START, later, START, later)]

    assert taken == [True] * 5 + [False] * 2
