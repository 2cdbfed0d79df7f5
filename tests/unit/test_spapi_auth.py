import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from lambdas.spapi.auth import NOTIFICATIONS_SCOPE, LwaTokens, TokenCache, TokenSource
from lambdas.spapi.endpoints import Endpoints
from lambdas.spapi.errors import SpApiError
from tests.unit.spapi_support import (
    CREDENTIALS,
    Amazon,
    MovedClock,
    moved_clock,
)

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def clock() -> Iterator[MovedClock]:
    with moved_clock() as clock:
        yield clock


def no_call(_: httpx.Request) -> httpx.Response:
    raise AssertionError("SP-API is not called here")


def token_answer(**fields: Any) -> Answer:
    return lambda _: httpx.Response(200, json=fields)


def source_of(amazon: Amazon) -> TokenSource:
    return amazon.tokens.seller_token(CREDENTIALS)


def failed(answer: Answer) -> SpApiError:
    with pytest.raises(SpApiError) as caught:
        source_of(Amazon(no_call, answer)).token()
    return caught.value


def test_a_sellers_token_is_asked_for_by_form_with_the_refresh_token(clock: MovedClock) -> None:
    requests: list[httpx.Request] = []

    def lwa(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"access_token": "Atza|1", "expires_in": 3600})

    amazon = Amazon(no_call, lwa)

    assert source_of(amazon).token() == "Atza|1"
    assert str(requests[0].url) == "https://api.amazon.com/auth/o2/token"
    assert requests[0].method == "POST"
    assert requests[0].headers["content-type"] == "application/x-www-form-urlencoded;charset=UTF-8"
    assert requests[0].headers["user-agent"].startswith("DayFive/")
    assert amazon.grants == [
        {
            "grant_type": "refresh_token",
            "refresh_token": CREDENTIALS.refresh_token,
            "client_id": CREDENTIALS.client_id,
            "client_secret": CREDENTIALS.client_secret,
        }
    ]


def test_a_grantless_token_is_asked_for_by_scope_and_without_a_seller(clock: MovedClock) -> None:
    amazon = Amazon(no_call)

    amazon.tokens.grantless_token("id", "word", NOTIFICATIONS_SCOPE).token()

    assert amazon.grants == [
        {
            "grant_type": "client_credentials",
            "scope": "sellingpartnerapi::notifications",
            "client_id": "id",
            "client_secret": "word",
        }
    ]


def test_a_token_is_kept_until_a_minute_before_its_end_and_outlives_the_client(
    clock: MovedClock,
) -> None:
    amazon = Amazon(no_call)
    first = source_of(amazon).token()

    clock.advance(3539)
    later = Amazon(no_call, cache=amazon.cache)
    assert source_of(later).token() == first
    assert later.grants == []

    clock.advance(1)
    source_of(amazon).token()
    assert len(amazon.grants) == 2


def test_its_life_counts_from_before_it_was_asked_for(clock: MovedClock) -> None:
    def slow(_: httpx.Request) -> httpx.Response:
        clock.advance(5)
        return httpx.Response(200, json={"access_token": "Atza|1", "expires_in": 100})

    amazon = Amazon(no_call, slow)
    source_of(amazon).token()
    clock.advance(34)
    source_of(amazon).token()
    assert len(amazon.grants) == 1
    clock.advance(1)
    source_of(amazon).token()
    assert len(amazon.grants) == 2


@pytest.mark.parametrize(
    "expires_in",
    [None, 0, -1, 60, 1, True, "3600", "soon", [], {}, float("nan"), float("-inf"), -(10**400)],
    ids=repr,
)
def test_a_token_without_a_sound_life_is_used_once_and_not_kept(
    clock: MovedClock, expires_in: object
) -> None:
    answer = json.dumps({"access_token": "Atza|1", "expires_in": expires_in})
    amazon = Amazon(no_call, lambda _: httpx.Response(200, text=answer))

    assert source_of(amazon).token() == "Atza|1"
    assert source_of(amazon).token() == "Atza|1"
    assert len(amazon.grants) == 2


@pytest.mark.parametrize("expires_in", [3600, 7200, 1e300, 10**400, float("inf")], ids=str)
def test_no_token_is_kept_longer_than_an_hour(clock: MovedClock, expires_in: float) -> None:
    answer = json.dumps({"access_token": "Atza|1", "expires_in": expires_in})
    amazon = Amazon(no_call, lambda _: httpx.Response(200, text=answer))

    source_of(amazon).token()
    clock.advance(3539)
    source_of(amazon).token()
    assert len(amazon.grants) == 1
    clock.advance(1)
    source_of(amazon).token()
    assert len(amazon.grants) == 2


def test_a_clock_that_is_set_back_does_not_stretch_a_tokens_life(clock: MovedClock) -> None:
    amazon = Amazon(no_call)
    source_of(amazon).token()

    clock.set_wall_clock_back(1)
    source_of(amazon).token()

    assert len(amazon.grants) == 2


def test_to_forget_drops_that_grants_token_only(clock: MovedClock) -> None:
    amazon = Amazon(no_call)
    grantless = amazon.tokens.grantless_token("id", "word", NOTIFICATIONS_SCOPE)
    source_of(amazon).token()
    kept = grantless.token()

    source_of(amazon).forget()
    source_of(amazon).forget()

    assert grantless.token() == kept
    assert source_of(amazon).token() != kept
    assert len(amazon.grants) == 3


def test_other_credentials_never_share_a_token(clock: MovedClock) -> None:
    amazon = Amazon(no_call)
    grants = [
        ("a", "b", "c"),
        ("a", "bc", ""),
        ("ab", "", "c"),
        ("", "ab", "c"),
    ]
    tokens = {amazon.tokens.grantless_token(*grant).token() for grant in grants}

    assert len(tokens) == len(grants)


def test_another_token_url_does_not_share_a_token(clock: MovedClock) -> None:
    amazon = Amazon(no_call)
    source_of(amazon).token()
    elsewhere = Endpoints.from_overrides(None, "http://localhost:9")

    with pytest.raises(AssertionError, match="not called"):
        LwaTokens(amazon.http, elsewhere, amazon.cache).seller_token(CREDENTIALS).token()


def test_the_cache_does_not_grow_with_what_has_expired(clock: MovedClock) -> None:
    cache = TokenCache()
    for number in range(50):
        cache.put(str(number), "Atza|1", obtained_at=datetime.now(UTC), life=timedelta(seconds=120))
        clock.advance(30)

    assert len(cache._entries) <= 3
