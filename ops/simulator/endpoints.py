"""Which of Amazon's services an address reaches: by host, or on loopback by the path."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from lambdas.core.marketplaces import Region

TOKEN_PATH = "/auth/o2/token"

_SP_API_HOSTS: Mapping[str, Region] = {
    f"{prefix}sellingpartnerapi-{region}.amazon.com": region
    for region in Region
    for prefix in ("", "sandbox.")
}
_LWA_HOST = "api.amazon.com"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One service and the path on it; the token endpoint has no region."""

    region: Region | None
    path: str
    is_token: bool = False


def find_endpoint(request: httpx.Request) -> Endpoint:
    """The service at this address; anywhere else nobody listens."""
    url = request.url
    if url.host in _LOOPBACK:
        return _on_loopback(url.path)
    if url.scheme == "https":
        if url.host in _SP_API_HOSTS:
            return Endpoint(region=_SP_API_HOSTS[url.host], path=url.path)
        if url.host == _LWA_HOST:
            return Endpoint(region=None, path=url.path, is_token=url.path == TOKEN_PATH)
    raise httpx.ConnectError(f"Nothing of Amazon's is at {url.scheme}://{url.host}")


def _on_loopback(path: str) -> Endpoint:
    if path == TOKEN_PATH:
        return Endpoint(region=None, path=path, is_token=True)
    first, _, rest = path.removeprefix("/").partition("/")
    region = next((region for region in Region if region == first), None)
    return Endpoint(region=region, path=f"/{rest}" if region else path)
