"""Settings that may differ by marketplace and fulfilment type: read from cdk.json, passed on."""

import json
from collections.abc import Callable, Mapping
from typing import TypeVar

DEFAULT = "default"
FULFILLMENT_TYPES = ("AFN", "MFN")

# https://developer-docs.amazon.com/sp-api/docs/marketplace-ids
COUNTRIES = {
    "A2EUQ1WTGCTBG2": "CA",
    "ATVPDKIKX0DER": "US",
    "A1AM78C64UM0Y8": "MX",
    "A2Q3Y263D00KWC": "BR",
    "A28R8C7NBKEWEA": "IE",
    "A1RKKUPIHCS9HS": "ES",
    "A1F83G8C2ARO7P": "UK",
    "A13V1IB3VIYZZH": "FR",
    "AMEN7PMS3EDWL": "BE",
    "A1805IZSGTT6HS": "NL",
    "A1PA6795UKMFR9": "DE",
    "APJ6JRA9NG5V4": "IT",
    "A2NODRKZP88ZB9": "SE",
    "AE08WJ6YKNBMC": "ZA",
    "A1C3SOZRARQ6R3": "PL",
    "ARBP9OOSHTCHU": "EG",
    "A33AVAJ2PDY3EV": "TR",
    "A17E79C6D8DWNP": "SA",
    "A2VIGQ35RCS4UG": "AE",
    "A21TJRUUN4KGV": "IN",
    "A19VAU5U5O7RUS": "SG",
    "A39IBJ37TRP1C6": "AU",
    "A1VC38T7YXB528": "JP",
}
_KEYS = (
    'given by "default", AFN, MFN, a marketplace (its id or country), or both as in DE/AFN,'
    " each of them once"
)

Choice = TypeVar("Choice")


class SettingError(ValueError):
    """A setting is missing or out of range; the text names it and says what is allowed."""

    def __init__(self, name: str, value: object, allowed: str) -> None:
        found = "missing" if value is None else json.dumps(value)
        super().__init__(f"{name} in cdk.json is {found}; it must be {allowed}")


def read_choices(
    name: str, value: object, read: Callable[[str, object], Choice]
) -> dict[str, Choice]:
    """One value for all, or an object of values; `read` checks each and raises SettingError.

    Marketplaces are named by their country afterwards, which is shorter: all variables of a
    function have 4 KB together.
    """
    if isinstance(value, str) and value.startswith("{"):
        value = _parsed(name, value)  # from the command line
    if not isinstance(value, dict):
        return {DEFAULT: read(name, value)}
    choices = {DEFAULT: read(f"{name}[{DEFAULT!r}]", value.get(DEFAULT))}
    for key, choice in value.items():
        short = _short(key)
        if short is None or (short in choices and key != DEFAULT):
            raise SettingError(f"{name}[{key!r}]", choice, _KEYS)
        choices[short] = read(f"{name}[{key!r}]", choice)
    return choices


def as_variable(choices: Mapping[str, Choice], write: Callable[[Choice], str]) -> str:
    """As lambdas.config reads it: the default, then what differs, `5,AFN=6,DE/AFN=8`."""
    others = [f"{key}={write(choice)}" for key, choice in choices.items() if key != DEFAULT]
    return ",".join([write(choices[DEFAULT]), *others])


def _parsed(name: str, text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        raise SettingError(name, text, "an object in JSON if it begins as one") from None


def _short(key: str) -> str | None:
    """The key with its marketplace by country, or None for what is no key."""
    if key == DEFAULT or key in FULFILLMENT_TYPES:
        return key
    marketplace, _, rest = key.partition("/")
    country = COUNTRIES.get(marketplace, marketplace)
    if country not in COUNTRIES.values() or (rest and rest not in FULFILLMENT_TYPES):
        return None
    return f"{country}/{rest}" if rest else country
