"""Where requests with credentials may go: Amazon's own hosts and this machine, nothing else."""

import re
from dataclasses import dataclass

from lambdas.core.marketplaces import Region

_TOKEN_PATH = "/auth/o2/token"
_LWA = "https://api.amazon.com"

# Matched against the text as given, before any parser: what is not spelled just so is refused,
# so no two parsers can disagree about the host.
_LOOPBACK = (
    r"https?://(?:127\.0\.0\.1|localhost|\[::1\])"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~-]+)*/?"
)


class EndpointRefusedError(ValueError):
    """An endpoint is neither Amazon's own nor loopback; the text names the setting only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """The token URL of LWA, and the base URL of SP-API for each region."""

    lwa_token_url: str
    na: str
    eu: str
    fe: str

    @classmethod
    def from_overrides(cls, sp_api_endpoint: str | None, lwa_endpoint: str | None) -> "Endpoints":
        """Production, unless redirected; `{region}` in the SP-API endpoint is filled in.

        Raises EndpointRefusedError for anything but Amazon's own hosts and loopback.
        """
        return cls(
            lwa_token_url=_lwa_token_url(lwa_endpoint),
            na=_sp_api(sp_api_endpoint, Region.NA),
            eu=_sp_api(sp_api_endpoint, Region.EU),
            fe=_sp_api(sp_api_endpoint, Region.FE),
        )

    def sp_api(self, region: Region) -> str:
        match region:
            case Region.NA:
                return self.na
            case Region.EU:
                return self.eu
            case Region.FE:
                return self.fe


def _sp_api(override: str | None, region: Region) -> str:
    # https://developer-docs.amazon.com/sp-api/docs/sp-api-endpoints
    production = f"https://sellingpartnerapi-{region}.amazon.com"
    sandbox = f"https://sandbox.sellingpartnerapi-{region}.amazon.com"
    if override is None:
        return production
    endpoint = override.replace("{region}", region)
    if endpoint.removesuffix("/") in (production, sandbox) or _is_loopback(endpoint):
        return endpoint.removesuffix("/")
    raise EndpointRefusedError(
        f"SP_API_ENDPOINT is neither Amazon's endpoint of region {region} nor loopback"
    )


def _lwa_token_url(override: str | None) -> str:
    # https://developer-docs.amazon.com/sp-api/docs/connecting-to-the-selling-partner-api
    endpoint = _LWA if override is None else override
    base = endpoint.removesuffix("/").removesuffix(_TOKEN_PATH)
    if base == _LWA or _is_loopback(endpoint):
        return base + _TOKEN_PATH
    raise EndpointRefusedError("LWA_ENDPOINT is neither https://api.amazon.com nor loopback")


def _is_loopback(endpoint: str) -> bool:
    found = re.fullmatch(_LOOPBACK, endpoint)
    return found is not None and int(found["port"] or 1) <= 65535
