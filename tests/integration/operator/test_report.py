"""`dayfive report` as it is typed, and the page it writes, read as a browser would."""

import re
from collections import Counter
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lambdas.core.marketplaces import Region
from lambdas.core.solicitation import Check, Status
from tests.integration.conftest import Run
from tests.integration.operator.conftest import OPENS, Shop, order_id
from tests.integration.operator.test_export import DE, OTHER, spoil

DAY = timedelta(days=1)
HOSTILE = '"><script src=//evil.example/x.js></script><img src=x onerror=alert(1)>&amp;'
_EMPTY = {"meta", "link"}
_ADDRESSES = {"src", "href", "srcset", "action", "data", "poster", "xlink:href", "background"}


class Page(HTMLParser):
    """What is on a page: its texts, every reference, and whether its tags are in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: Counter[str] = Counter()
        self.references: list[str] = []
        self.handlers: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in _EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        for name, value in attrs:
            if name in _ADDRESSES:
                self.references.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)
            self.references += re.findall(r"url\([^)]*\)|@import", value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "style":
            self.references += re.findall(r"url\([^)]*\)|@import[^;]*", data)
        else:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return "\n".join(each.strip() for each in self.texts if each.strip())


def stock(shop: Shop) -> None:
    """Orders of two sellers in every state, with Amazon's words at their worst."""
    shop.connect(OTHER, region=Region.EU)
    for number, status in enumerate(Status):
        shop.put(10 + number, status=status, reason=HOSTILE if status is Status.HELD else "shipped")
    for number in range(3):
        sent_at = OPENS + number * DAY
        shop.put(
            20 + number,
            seller_id=OTHER,
            region=Region.EU,
            marketplace_id=DE,
            status=Status.SENT,
            reason="sent",
            sent_at=sent_at,
            checks=(Check(at=sent_at, answer="offered"),),
        )


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "report.html"


def written(dayfive: Run, output: Path, *more: str) -> Page:
    status, _, error = dayfive("report", "--output", str(output), *more)
    assert (status, error) == (0, "")
    return Page(output.read_text())


def test_the_page_stands_alone(dayfive: Run, shop: Shop, output: Path) -> None:
    stock(shop)

    page = written(dayfive, output)

    assert page.references == ["data:,"]
    assert page.handlers == []
    assert page.tags["script"] == page.tags["iframe"] == page.tags["img"] == 0
    html = output.read_text()
    assert "default-src 'none'" in html
    assert not re.search(r"https?://(?!www\.w3\.org)", html)


def test_it_has_every_figure_as_a_drawing_and_as_a_table(
    dayfive: Run, shop: Shop, output: Path
) -> None:
    stock(shop)

    page = written(dayfive, output)

    for title in (
        "Asked per day",
        "What is to come",
        "From the news to the request",
        "Where the orders stand",
        "Days from the open window to the request",
        "Checks for each order that was asked",
        "By seller and region",
        "Held for a person",
        "Why",
    ):
        assert title in page.texts
    assert page.tags["svg"] == 6
    assert page.tags["table"] == 9
    assert "2 sellers. 12 orders on record. Made 2026-03-11 08:00 UTC; days are in UTC." in (
        page.texts
    )
    assert {"Buyers asked", "4", "and 1 perhaps"} <= set(page.texts)


def test_each_cell_of_a_wide_table_says_on_a_phone_which_column_it_is(
    dayfive: Run, shop: Shop, output: Path
) -> None:
    stock(shop)
    dayfive("report", "--output", str(output))

    tables = re.findall(r"<table.*?</table>", output.read_text(), re.S)
    wide = [table for table in tables if table.count("<th ") > 3]
    assert wide
    assert all(table.startswith('<table class="list">') for table in wide)
    assert all(table.count("<td") == table.count("data-name=") for table in wide)


def test_amazons_words_are_shown_and_never_obeyed(dayfive: Run, shop: Shop, output: Path) -> None:
    stock(shop)

    page = written(dayfive, output)

    assert HOSTILE in page.texts
    assert "<script" not in output.read_text()


def test_a_deployment_without_orders_has_a_page_too(dayfive: Run, shop: Shop, output: Path) -> None:
    page = written(dayfive, output)

    assert "Nothing yet." in page.texts
    assert page.tags["svg"] == 0


def test_one_seller_or_region_can_be_chosen(dayfive: Run, shop: Shop, output: Path) -> None:
    stock(shop)

    assert (
        "Seller A1DAYFIVEEU001. 3 orders on record."
        in written(dayfive, output, "--seller", OTHER).text
    )
    assert "2 sellers in na. 9 orders on record." in written(dayfive, output, "--region", "na").text


def test_it_says_what_it_wrote_and_asks_before_it_writes_over_another_file(
    dayfive: Run, shop: Shop, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock(shop)
    arguments = ("report", "--output", str(output))
    monkeypatch.setattr("typer.confirm", lambda _: False)

    assert dayfive(*arguments, "--dry-run")[1] == f"Would write {output}: 12 orders\n"
    assert not output.exists()
    assert dayfive(*arguments) == (0, f"{output}: 12 orders of 2 sellers\n", "")
    assert dayfive(*arguments)[0] == 0
    output.write_text("a letter")
    assert dayfive(*arguments)[0] == 1
    assert output.read_text() == "a letter"
    assert dayfive(*arguments, "--yes")[0] == 0


def test_a_folder_is_no_place_for_the_page(dayfive: Run, shop: Shop, tmp_path: Path) -> None:
    assert dayfive("report", "--output", str(tmp_path)) == (
        1,
        "",
        f"dayfive: {tmp_path} cannot be written: Is a directory\n",
    )


def test_a_record_that_cannot_be_read_is_counted_on_the_page(
    dayfive: Run, shop: Shop, output: Path
) -> None:
    shop.put(1)
    shop.put(2)
    spoil(shop, 1)

    status, printed, error = dayfive("report", "--output", str(output))

    assert (status, printed) == (0, f"{output}: 1 order of 1 seller\n")
    assert order_id(1) in error
    assert "Left out, for they cannot be read: 1." in output.read_text()
