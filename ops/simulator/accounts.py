"""Who may ask: applications with their secrets, and what sellers have granted to them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lambdas.core.marketplaces import Region
from ops.simulator.dice import identifier
from ops.simulator.operations import Role

# https://developer-docs.amazon.com/sp-api/docs/rotating-your-apps-lwa-credentials
SECRET_LIFE = timedelta(days=180)
_SECRET_OVERLAP = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A registered application; each of its secrets works until its time."""

    client_id: str
    application_id: str
    secrets: Mapping[str, datetime]

    def accepts(self, secret: str, at: datetime) -> bool:
        return secret in self.secrets and at < self.secrets[secret]

    def is_expired(self, at: datetime) -> bool:
        return all(end <= at for end in self.secrets.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """What a seller has granted to an application in one region."""

    refresh_token: str
    client_id: str
    seller_id: str
    region: Region
    roles: frozenset[Role] = frozenset(Role)
    withdrawn: bool = False


class Accounts:
    """The applications and authorisations of the moment."""

    def __init__(self, seed: int, now: Callable[[], datetime]) -> None:
        self.applications: dict[str, Application] = {}
        self.authorizations: dict[str, Authorization] = {}
        self._seed = seed
        self._now = now

    def add_application(self, client_id: str, client_secret: str, life: timedelta) -> None:
        self.applications[client_id] = Application(
            client_id=client_id,
            application_id=f"amzn1.sp.solution.{identifier(self._seed, client_id)}",
            secrets={client_secret: self._now() + life},
        )

    def rotate_secret(self, client_id: str, new_secret: str) -> None:
        """Give the application a new secret; the old ones work for seven days more."""
        known = self.applications[client_id]
        overlap = self._now() + _SECRET_OVERLAP
        secrets = {secret: min(end, overlap) for secret, end in known.secrets.items()}
        secrets[new_secret] = self._now() + SECRET_LIFE
        self.applications[client_id] = replace(known, secrets=secrets)

    def authorize(self, authorization: Authorization) -> None:
        """Note a seller's grant; the grants it gave before stay good."""
        self.authorizations[authorization.refresh_token] = authorization

    def revoke(self, seller_id: str, region: Region, role: Role | None = None) -> None:
        """Withdraw one role, or without one the seller's whole authorisation."""
        for grant in self._grants(seller_id, region):
            if role is None:
                self.authorize(replace(grant, withdrawn=True))
            else:
                self.authorize(replace(grant, roles=grant.roles - {role}))

    def restore(self, seller_id: str, region: Region) -> None:
        """Grant again all that was withdrawn."""
        for grant in self._grants(seller_id, region):
            self.authorize(replace(grant, roles=frozenset(Role), withdrawn=False))

    def _grants(self, seller_id: str, region: Region) -> list[Authorization]:
        grants = self.authorizations.values()
        return [g for g in grants if g.seller_id == seller_id and g.region == region]
