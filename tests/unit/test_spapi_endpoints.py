import httpx
import pytest

from lambdas.core.marketplaces import Region
from lambdas.spapi.endpoints import EndpointRefusedError, Endpoints

TOKEN_PATH = "/auth/o2/token"


def test_production_is_the_default() -> None:
    endpoints = Endpoints.from_overrides(None, None)

    assert endpoints.lwa_token_url == "https://api.amazon.com/auth/o2/token"
    assert [endpoints.sp_api(region) for region in Region] == [
        "https://sellingpartnerapi-na.amazon.com",
        "https://sellingpartnerapi-eu.amazon.com",
        "https://sellingpartnerapi-fe.amazon.com",
    ]


@pytest.mark.parametrize("prefix", ["", "sandbox."])
@pytest.mark.parametrize("slash", ["", "/"])
def test_amazons_own_hosts_are_accepted_for_their_region(prefix: str, slash: str) -> None:
    template = f"https://{prefix}sellingpartnerapi-{{region}}.amazon.com{slash}"

    endpoints = Endpoints.from_overrides(template, None)

    assert endpoints.sp_api(Region.FE) == f"https://{prefix}sellingpartnerapi-fe.amazon.com"


@pytest.mark.parametrize(
    ("override", "of_eu"),
    [
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("https://localhost:1", "https://localhost:1"),
        ("http://[::1]:65535/simulator/v1", "http://[::1]:65535/simulator/v1"),
        ("http://127.0.0.1:8080/{region}", "http://127.0.0.1:8080/eu"),
        ("http://localhost:8080/a-b/{region}/c_d.e~f/", "http://localhost:8080/a-b/eu/c_d.e~f"),
    ],
)
def test_loopback_is_accepted_with_any_port_and_path(override: str, of_eu: str) -> None:
    assert Endpoints.from_overrides(override, None).sp_api(Region.EU) == of_eu


@pytest.mark.parametrize(
    ("override", "url"),
    [
        ("https://api.amazon.com", "https://api.amazon.com/auth/o2/token"),
        ("https://api.amazon.com/", "https://api.amazon.com/auth/o2/token"),
        ("https://api.amazon.com/auth/o2/token", "https://api.amazon.com/auth/o2/token"),
        ("http://127.0.0.1:9/lwa", "http://127.0.0.1:9/lwa/auth/o2/token"),
        ("http://127.0.0.1:9/lwa/auth/o2/token", "http://127.0.0.1:9/lwa/auth/o2/token"),
        ("http://localhost", "http://localhost/auth/o2/token"),
    ],
)
def test_the_token_path_is_added_once(override: str, url: str) -> None:
    assert Endpoints.from_overrides(None, override).lwa_token_url == url


HOSTILE = [
    "",
    " ",
    "/",
    "localhost",
    "//localhost",
    "localhost:8080",
    "http:localhost",
    "http:/localhost",
    "http:///localhost",
    "http://",
    "https://example.com",
    "http://127.0.0.1.evil.com",
    "http://127.0.0.1evil.com",
    "http://localhost.evil.com",
    "http://localhost@evil.com",
    "http://evil.com@localhost",
    "http://user:word@localhost:80",
    "http://@localhost",
    "http://localhost:80@evil.com",
    "http://localhost:80:90",
    "http://evil.com/localhost",
    "http://evil.com#@localhost",
    "http://evil.com?@localhost",
    "http://evil.com\\@localhost",
    "http:\\\\localhost",
    "http://localhost\\.evil.com",
    "http://localhost\\@evil.com",
    "http://localhost%2eevil.com",
    "http://localhost%00.evil.com",
    "http://%6cocalhost",
    "http://localhost/%2e%2e/x",
    "http://localhost/a%2Fb",
    "http://localhost/../x",
    "http://localhost/a/..",
    "http://localhost/./x",
    "http://localhost//evil.com",
    "http://localhost/a//b",
    "http://localhost/a b",
    "http://localhost/?x=1",
    "http://localhost/#x",
    "http://localhost/;x",
    "http://localhost/\u00e9",
    "http://localhost.",
    "http://localhost.:80",
    "http://127.0.0.1.",
    "http://localhost:",
    "http://localhost:0",
    "http://localhost:080",
    "http://localhost:65536",
    "http://localhost:99999",
    "http://localhost:\u0668\u0660",
    "http://localhost:8a",
    "http://localhost:-1",
    "http://localhost\n",
    "http://localhost\n.evil.com",
    "\thttp://localhost",
    " http://localhost",
    "http://localhost ",
    "http://local\u200bhost",
    "http://\u217cocalhost",
    "http://loc\u0430lhost",
    "http://localhost\uff0eevil.com",
    "http://\u2460\u2461\u2466.0.0.1",
    "http://127.0.0.2",
    "http://127a0.0.1",
    "http://127.0.0-1",
    "http://127.1",
    "http://127.0.1",
    "http://127.000.000.001",
    "http://0177.0.0.1",
    "http://0x7f.0.0.1",
    "http://0x7f000001",
    "http://2130706433",
    "http://017700000001",
    "http://0.0.0.0",
    "http://0",
    "http://[::]",
    "http://[::1",
    "http://::1",
    "http://[::1%25lo]",
    "http://[0:0:0:0:0:0:0:1]",
    "http://[::ffff:127.0.0.1]",
    "http://[::1]evil.com",
    "http://169.254.169.254",
    "http://[fd00:ec2::254]",
    "ftp://localhost",
    "file:///etc/hosts",
    "ws://localhost",
    "javascript://localhost",
    "http+unix://localhost",
    "http://{region}",
    "http://localhost/{other}",
    "http://localhost/{Region}",
    "http://api.amazon.com",
    "https://api.amazon.com:443",
    "https://api.amazon.com.",
    "https://api.amazon.com/other",
    "https://api.amazon.com//auth/o2/token",
    "https://api.amazon.com?x",
    "https://api.amazon.com@evil.com",
    "https://api.amazon.com.evil.com",
    "https://api.amazon.co",
    "https://apixamazon.com",
    "https://x.api.amazon.com",
    "http://sellingpartnerapi-{region}.amazon.com",
    "https://sellingpartnerapi-{region}.amazon.com:8443",
    "https://sellingpartnerapi-{region}.amazon.com/x",
    "https://sellingpartnerapi-{region}.amazon.com.",
    "https://sellingpartnerapi-{region}.amazon.com.evil.com",
    "https://sellingpartnerapi-{region}.amazon.com@evil.com",
    "https://sellingpartnerapi-{region}xamazon.com",
    "https://evil.sellingpartnerapi-{region}.amazon.com",
    "https://sandbox.sandbox.sellingpartnerapi-{region}.amazon.com",
    "https://sellingpartnerapi-xx.amazon.com",
    "https://evil.com/sellingpartnerapi-{region}.amazon.com",
]


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_anything_else_is_refused_for_both_without_repeating_it(value: str) -> None:
    with pytest.raises(EndpointRefusedError) as sp_api:
        Endpoints.from_overrides(value, None)
    with pytest.raises(EndpointRefusedError) as lwa:
        Endpoints.from_overrides(None, value)

    assert "SP_API_ENDPOINT" in str(sp_api.value)
    assert "LWA_ENDPOINT" in str(lwa.value)
    assert "evil" not in f"{sp_api.value}{lwa.value}"


def test_lwa_is_no_endpoint_of_sp_api_nor_the_reverse() -> None:
    with pytest.raises(EndpointRefusedError):
        Endpoints.from_overrides("https://api.amazon.com", None)
    with pytest.raises(EndpointRefusedError):
        Endpoints.from_overrides(None, "https://sellingpartnerapi-na.amazon.com")


@pytest.mark.parametrize("prefix", ["", "sandbox."])
def test_one_regions_host_does_not_serve_the_others(prefix: str) -> None:
    with pytest.raises(EndpointRefusedError):
        Endpoints.from_overrides(f"https://{prefix}sellingpartnerapi-na.amazon.com", None)


def test_lwa_has_no_regions() -> None:
    with pytest.raises(EndpointRefusedError):
        Endpoints.from_overrides(None, "http://localhost/{region}")


@pytest.mark.parametrize(
    ("override", "host"),
    [
        ("http://127.0.0.1:8080/{region}", "127.0.0.1"),
        ("http://localhost:8080/a.b/{region}", "localhost"),
        ("http://[::1]:8080", "::1"),
        ("https://sandbox.sellingpartnerapi-{region}.amazon.com", None),
    ],
)
def test_httpx_reads_the_same_host_out_of_what_was_accepted(override: str, host: str) -> None:
    endpoint = Endpoints.from_overrides(override, None).sp_api(Region.NA)

    assert httpx.URL(endpoint).host == (host or "sandbox.sellingpartnerapi-na.amazon.com")
