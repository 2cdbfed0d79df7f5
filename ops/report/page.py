"""Puts the figures on one page that stands alone: styles and drawings are in it, no scripts."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files

from ops.report.figures import Figures
from ops.report.sheets import Sheet, sheets
from ops.report.tiles import Tile, tiles
from ops.wording import counted, moment

# Nothing is fetched even if a record held a way to make the browser try.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

_MOST_ON_A_PHONE = 3
"""Columns of a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose orders the page is about."""

    sellers: Sequence[str]
    region: str | None = None


def page(figures: Figures, scope: Scope) -> str:
    """The whole HTML document."""
    about = (
        f"{_whose(scope)}. {counted(figures.orders, 'order')} on record."
        f" Made {moment(figures.made_at)}; days are in UTC."
    )
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="referrer" content="no-referrer">',
            '<link rel="icon" href="data:,">',
            "<title>DayFive: what was asked</title>",
            f"<style>{_styles()}</style>",
            "</head>",
            "<body>",
            "<main>",
            "<h1>What DayFive asked</h1>",
            f'<p class="about">{escape(about)}</p>',
            f'<dl class="tiles">{"".join(map(_tile, tiles(figures)))}</dl>',
            f'<div class="sheets">{"".join(map(_sheet, sheets(figures)))}</div>',
            f"<footer>{escape(_footer(figures))}</footer>",
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _whose(scope: Scope) -> str:
    where = f" in {scope.region}" if scope.region else ""
    if len(scope.sellers) == 1:
        return f"Seller {scope.sellers[0]}{where}"
    return f"{counted(len(scope.sellers), 'seller')}{where}"


def _tile(tile: Tile) -> str:
    note = f"<small>{escape(tile.note)}</small>" if tile.note else ""
    return f"<div><dt>{escape(tile.name)}</dt><dd>{escape(tile.value)}{note}</dd></div>"


def _sheet(sheet: Sheet) -> str:
    wide = ' class="wide"' if sheet.is_wide else ""
    parts = [f"<section{wide}>", f"<h2>{escape(sheet.title)}</h2>"]
    parts.append(f'<p class="lead">{escape(sheet.lead)}</p>')
    parts.append(sheet.drawing or "")
    if sheet.rows:
        table = _table(sheet)
        if sheet.drawing:
            table = f"<details><summary>The same as a table</summary>{table}</details>"
        parts.append(table)
    else:
        parts.append('<p class="nothing">Nothing yet.</p>')
    return "".join([*parts, "</section>"])


def _table(sheet: Sheet) -> str:
    kinds = [_kind(name, sheet) for name in sheet.columns]
    head = "".join(
        f'<th scope="col"{kind}>{escape(name)}</th>'
        for name, kind in zip(sheet.columns, kinds, strict=True)
    )
    # On a phone each row of a wide table becomes a list, and a cell needs its column's name.
    is_list = len(sheet.columns) > _MOST_ON_A_PHONE
    style = ' class="list"' if is_list else ""
    names = [f' data-name="{escape(name)}"' if is_list else "" for name in sheet.columns]
    kinds = [f"{kind}{name}" for kind, name in zip(kinds, names, strict=True)]
    body = "".join(f"<tr>{_cells(row, kinds)}</tr>" for row in sheet.rows)
    return (
        f'<div class="scroll" role="region" aria-label="{escape(sheet.title)}" tabindex="0">'
        f"<table{style}><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _kind(column: str, sheet: Sheet) -> str:
    if column in sheet.numbers:
        return ' class="n"'
    return ' class="s"' if column in sheet.sentences else ""


def _cells(row: Sequence[str], kinds: Sequence[str]) -> str:
    return "".join(f"<td{kind}>{escape(cell)}</td>" for cell, kind in zip(row, kinds, strict=True))


def _footer(figures: Figures) -> str:
    text = (
        "Made by dayfive report from the orders on record, which are kept for 60 days after their"
        " window has shut. Nothing of this page identifies a buyer."
    )
    if figures.unreadable:
        text += f" Left out, for they cannot be read: {figures.unreadable:,}."
    return text


def _styles() -> str:
    return files("ops.report").joinpath("page.css").read_text(encoding="utf-8")
