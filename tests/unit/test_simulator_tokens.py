"""The simulated Login with Amazon: what it hands out, to whom and for how long."""

import pytest

from lambdas.core.marketplaces import Region
from ops.simulator.operations import Role
from tests.unit.simulator_support import (
    CLIENT_ID,
    CLIENT_SECRET,
    EU_HOST,
    EU_REFRESH_TOKEN,
    LWA_HOST,
    REFRESH_TOKEN,
    SELLER,
    START,
    Amazon,
    error_of,
)

DENIED = {"code": "Unauthorized", "message": "Access to requested resource is denied."}


def test_a_refresh_token_gives_an_access_token_for_an_hour() -> None:
    response = Amazon().token_request(grant_type="refresh_token", refresh_token=REFRESH_TOKEN)

    body = response.json()
    assert response.status_code == 200
    assert body.pop("access_token").startswith("Atza|")
    assert body == {"token_type": "bearer", "expires_in": 3600, "refresh_token": REFRESH_TOKEN}
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["pragma"] == "no-cache"


def test_client_credentials_give_a_token_without_a_refresh_token() -> None:
    amazon = Amazon()

    body = amazon.token_request(
        grant_type="client_credentials", scope="sellingpartnerapi::notifications"
    ).json()

    assert body.keys() == {"access_token", "token_type", "expires_in"}


def test_every_token_request_gives_another_token_and_the_older_ones_live_on() -> None:
    amazon = Amazon()

    first, second = amazon.seller_token(), amazon.seller_token()

    assert first != second
    assert amazon.check(token=first).status_code == amazon.check(token=second).status_code == 200


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, 400, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "Atzr|x"}, 400, "invalid_grant"),
        ({"grant_type": "client_credentials"}, 400, "invalid_scope"),
        ({"grant_type": "client_credentials", "scope": "profile"}, 400, "invalid_scope"),
        (
            {"grant_type": "refresh_token", "refresh_token": "Atzr|x", "client_secret": "x"},
            401,
            "invalid_client",
        ),
        ({"grant_type": "refresh_token", "client_id": "x"}, 401, "invalid_client"),
    ],
)
def test_a_wrong_token_request_is_refused(form: dict[str, str], status: int, error: str) -> None:
    amazon = Amazon()

    response = amazon.token_request(**form)

    assert response.status_code == status
    assert response.json()["error"] == error
    assert response.json()["error_description"]
    assert amazon.simulator.ledger[-1].refusal == error


def test_the_texts_of_refused_credentials_are_amazons() -> None:
    amazon = Amazon()

    client = amazon.token_request(grant_type="refresh_token", client_secret="x").json()
    grant = amazon.token_request(grant_type="refresh_token", refresh_token="x").json()

    assert client["error_description"] == "Client authentication failed"
    assert grant["error_description"] == (
        "The request has an invalid grant parameter : refresh_token. "
        "User may have revoked or didn't grant the permission."
    )


def test_only_a_posted_form_is_a_token_request() -> None:
    amazon = Amazon()
    form = {
        "grant_type": "refresh_token",
        "refresh_token": REFRESH_TOKEN,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }

    for method, options in (("POST", {"json": form}), ("POST", {"params": form}), ("GET", {})):
        response = amazon.call(method, "/auth/o2/token", token=None, host=LWA_HOST, **options)
        assert response.status_code == 400


def test_another_applications_refresh_token_is_an_invalid_grant() -> None:
    amazon = Amazon()
    amazon.simulator.add_application("other", "other-secret")

    response = amazon.token_request(
        grant_type="refresh_token",
        refresh_token=REFRESH_TOKEN,
        client_id="other",
        client_secret="other-secret",
    )

    assert response.json()["error"] == "invalid_grant"


def test_a_token_works_until_its_last_second() -> None:
    amazon = Amazon()
    token = amazon.seller_token()

    amazon.clock.move(seconds=3599)
    assert amazon.check(token=token).status_code == 200
    amazon.clock.move(seconds=1)
    assert error_of(amazon.check(token=token))["details"].endswith("has expired.")


def test_the_life_of_tokens_can_be_shortened() -> None:
    amazon = Amazon()
    amazon.simulator.lwa.token_life /= 360
    body = amazon.token_request(grant_type="refresh_token", refresh_token=REFRESH_TOKEN).json()

    amazon.clock.move(seconds=10)

    assert body["expires_in"] == 10
    assert amazon.check(token=body["access_token"]).status_code == 403


def test_a_token_is_refused_in_another_region() -> None:
    amazon = Amazon()

    assert error_of(amazon.check(host=EU_HOST)) == {**DENIED, "details": ""}
    assert error_of(amazon.check(token=amazon.seller_token(EU_REFRESH_TOKEN)))["details"] == ""


def test_a_grantless_token_is_refused_for_a_sellers_data_and_the_reverse() -> None:
    amazon = Amazon()
    path = "/notifications/v1/destinations"

    assert amazon.check(token=amazon.grantless_token()).status_code == 403
    assert amazon.call("GET", path, token=amazon.seller_token()).status_code == 403
    other_scope = amazon.grantless_token("sellingpartnerapi::client_credential:rotation")
    assert amazon.call("GET", path, token=other_scope).status_code == 403
    assert amazon.call("GET", path, token=amazon.grantless_token()).status_code == 200


def test_a_withdrawn_authorisation_stops_tokens_old_and_new_until_it_is_restored() -> None:
    amazon = Amazon()
    token = amazon.seller_token()

    amazon.simulator.accounts.revoke(SELLER, Region.NA)
    refused = amazon.token_request(grant_type="refresh_token", refresh_token=REFRESH_TOKEN)
    assert refused.json()["error"] == "invalid_grant"
    assert amazon.check(token=token).status_code == 403
    assert (
        amazon.check(token=amazon.seller_token(EU_REFRESH_TOKEN), host=EU_HOST).status_code == 404
    )

    amazon.simulator.accounts.restore(SELLER, Region.NA)
    assert amazon.check(token=token).status_code == 200


def test_a_withdrawn_role_refuses_its_operations_alone() -> None:
    amazon = Amazon()
    participations = "/sellers/v1/marketplaceParticipations"

    amazon.simulator.accounts.revoke(SELLER, Region.NA, Role.BUYER_SOLICITATION)

    assert error_of(amazon.check()) == {**DENIED, "details": ""}
    assert amazon.call("GET", participations, token=amazon.seller_token()).status_code == 200


def test_a_rotated_secret_leaves_the_old_one_seven_days() -> None:
    amazon = Amazon()
    form = {"grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN}
    amazon.simulator.accounts.rotate_secret(CLIENT_ID, "new-secret")

    amazon.clock.move(days=7, seconds=-1)
    assert amazon.token_request(**form).status_code == 200
    amazon.clock.move(seconds=1)
    assert amazon.token_request(**form).json()["error"] == "invalid_client"
    assert amazon.token_request(**form, client_secret="new-secret").status_code == 200


def test_a_secret_lives_180_days() -> None:
    amazon = Amazon()

    amazon.clock.move(days=180)

    response = amazon.token_request(grant_type="refresh_token", refresh_token=REFRESH_TOKEN)
    assert response.status_code == 401


def test_the_ledger_names_the_caller_and_no_secret() -> None:
    amazon = Amazon()

    amazon.check()

    token, check = amazon.simulator.ledger
    assert (token.operation, token.seller_id, token.region) == ("token", SELLER, Region.NA)
    assert (check.operation, check.at) == ("getSolicitationActionsForOrder", START)
    assert (check.seller_id, check.client_id) == (SELLER, CLIENT_ID)
    for secret in (CLIENT_SECRET, REFRESH_TOKEN, "Atza|"):
        assert secret not in repr(amazon.simulator.ledger)


def test_participations_name_the_regions_marketplaces() -> None:
    amazon = Amazon()

    response = amazon.call(
        "GET", "/sellers/v1/marketplaceParticipations", token=amazon.seller_token()
    )

    countries = [entry["marketplace"]["countryCode"] for entry in response.json()["payload"]]
    assert countries == ["US", "CA", "MX"]
    assert response.headers["x-amzn-ratelimit-limit"] == "0.016"
    assert response.headers["content-type"] == "application/json"
