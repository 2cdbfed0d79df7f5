"""A run's way to Amazon for one seller and region: opened, or held back, blocked or slowed."""

from datetime import UTC, datetime

import httpx

from lambdas.aws.credentials import CredentialsStore, StoredCredentials
from lambdas.aws.errors import AwsError, CredentialsMissingError
from lambdas.aws.schedules import Schedules
from lambdas.aws.sellers_table import SellersTable
from lambdas.core.marketplaces import Region
from lambdas.core.seller import BLOCKED_FOR, RegionState, Seller, slowed_until
from lambdas.observability import Telemetry
from lambdas.recorder import plan_wake_up
from lambdas.spapi.auth import Credentials, LwaTokens, TokenCache
from lambdas.spapi.client import SpApiClient
from lambdas.spapi.endpoints import Endpoints
from lambdas.spapi.pacing import Pacers
from lambdas.spapi.solicitations import Solicitations

_NO_CREDENTIALS = "missing"


class Access:
    """`api` while Amazon may be called, else None. What holds it back is on the seller's record.

    Raises AwsUnavailableError when DynamoDB itself fails.
    """

    def __init__(
        self,
        seller: Seller,
        region: Region,
        *,
        sellers: SellersTable,
        schedules: Schedules,
        credentials: CredentialsStore,
        telemetry: Telemetry,
        endpoints: Endpoints,
        token_cache: TokenCache,
        http: httpx.Client,
    ) -> None:
        self._seller_id = seller.seller_id
        self._region = region
        self._state = seller.regions.get(region, RegionState())
        self._sellers = sellers
        self._schedules = schedules
        self._credentials = credentials
        self._telemetry = telemetry
        self._endpoints = endpoints
        self._tokens = LwaTokens(http, endpoints, token_cache)
        self._http = http
        self._version = _NO_CREDENTIALS
        self._proven = False
        self.pacers = Pacers()
        self.api: Solicitations | None = None
        self._open(seller)

    @property
    def was_slowed(self) -> bool:
        """Whether this seller and region was slowed, and no call has been answered since."""
        return self._state.slow_steps > 0

    def prove(self) -> None:
        """A call was answered: what was held against this seller and region is over."""
        if self._proven or self.api is None:
            return
        self._proven = True
        if self._state.slow_steps:
            self._sellers.forget_slowness(self._seller_id, self._region)
        if self._state.blocked_until:
            self._sellers.lift_block(self._seller_id, self._region)
        self._state = RegionState()

    def renew(self) -> bool:
        """Refused: read the secret past the cache. True when it is another, which may be tried."""
        refused = self._version
        self._connect(fresh=True)
        return self.api is not None and self._version != refused

    def block(self, reason: str) -> None:
        """These credentials are refused: no calls with them until `connect`, or for six hours."""
        until = datetime.now(UTC) + BLOCKED_FOR
        self._telemetry.tally("troubles", "credentials_refused")
        self._telemetry.warning(
            "seller_blocked", seller_id=self._seller_id, region=self._region, reason=reason
        )
        self._come_back(until)
        self._sellers.block(
            self._seller_id, self._region, until=until, version=self._version, reason=reason
        )

    def slow(self, *, throttled: bool) -> None:
        """Amazon has trouble or wants fewer calls: none for a while, longer each time."""
        until = slowed_until(self._state, throttled=throttled, now=datetime.now(UTC))
        self._telemetry.tally("slowed", "throttled" if throttled else "trouble")
        self._come_back(until)
        self._sellers.slow(
            self._seller_id, self._region, until=until, steps=self._state.slow_steps + 1
        )

    def _open(self, seller: Seller) -> None:
        why_not = seller.why_no_calls(self._region, datetime.now(UTC))
        if why_not and not (why_not == "blocked" and self._block_is_void()):
            self._telemetry.info(
                "run_without_calls", seller_id=self._seller_id, region=self._region, why=why_not
            )
            return
        self._connect(fresh=False)

    def _block_is_void(self) -> bool:
        """A block is about one version of the credentials: `connect` makes another."""
        try:
            stored = self._credentials.get(self._seller_id, self._region)
        except AwsError:
            return False
        return stored.version != self._state.blocked_version

    def _connect(self, *, fresh: bool) -> None:
        self.api = None
        try:
            stored = self._credentials.get(self._seller_id, self._region, fresh=fresh)
        except CredentialsMissingError as error:
            self._version = _NO_CREDENTIALS
            self.block(str(error))
        except AwsError as error:
            self._telemetry.failure("credentials_not_read", error, seller_id=self._seller_id)
            self.slow(throttled=False)
        else:
            self._version = stored.version
            self.api = self._solicitations(stored)

    def _solicitations(self, stored: StoredCredentials) -> Solicitations:
        credentials = Credentials(
            client_id=stored.client_id,
            client_secret=stored.client_secret,
            refresh_token=stored.refresh_token,
        )
        client = SpApiClient(
            http=self._http,
            endpoints=self._endpoints,
            region=self._region,
            token_source=self._tokens.seller_token(credentials),
            pacers=self.pacers,
        )
        return Solicitations(client)

    def _come_back(self, until: datetime) -> None:
        """No more calls in this run, and one schedule to try again."""
        self.api = None
        plan_wake_up(self._schedules, self._telemetry, self._seller_id, self._region, until)
