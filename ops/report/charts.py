"""Draws the figures as SVG within the page: no script, no font, no colour but the page's own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import count

# In the drawing's own units, which a phone shows about as large and a desk screen larger.
_WIDTH = 400
_HEIGHT = 190
_RIGHT, _TOP, _BOTTOM = 4, 12, 26
_LETTER = 9
_ROW, _BAR = 40, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One value of a drawing: how it is named, how much it is, and how it looks."""

    name: str
    value: int
    style: str = "bar"
    note: str = ""


def columns(title: str, marks: Sequence[Mark], *, ticks: Sequence[int]) -> str:
    """Columns side by side; `ticks` are the places of the marks that are named below."""
    grid = grid_values(max((mark.value for mark in marks), default=0))
    top = grid[-1]
    longest = max(len(_axis(value)) for value in grid)
    left, height = 12 + _LETTER * longest, _HEIGHT - _TOP - _BOTTOM
    step = (_WIDTH - left - _RIGHT) / max(len(marks), 1)
    parts = [_grid(value, top, left, height) for value in grid]
    for place, mark in enumerate(marks):
        if not mark.value:
            continue
        tall = max(mark.value / top * height, 1.5)
        x, gap = left + place * step, min(step * 0.2, 6)
        parts.append(
            f'<rect class="{mark.style}" x="{x + gap / 2:.2f}" y="{_TOP + height - tall:.2f}"'
            f' width="{step - gap:.2f}" height="{tall:.2f}" rx="{min(2, step / 4):.2f}">'
            f"<title>{escape(mark.name)}: {mark.value:,}</title></rect>"
        )
    for place in ticks:
        x = left + (place + 0.5) * step
        half = _LETTER / 2 * len(marks[place].name)
        anchor = "start" if x < left + half else "end" if x > _WIDTH - half else "middle"
        x = {"start": left, "end": _WIDTH - _RIGHT}.get(anchor, x)
        parts.append(
            f'<text class="axis" x="{x:.2f}" y="{_HEIGHT - 8}" text-anchor="{anchor}">'
            f"{escape(marks[place].name)}</text>"
        )
    return _svg(title, parts, _HEIGHT)


def bars(title: str, marks: Sequence[Mark]) -> str:
    """Bars below each other, each with its name and number above it."""
    most = max((mark.value for mark in marks), default=0) or 1
    parts = []
    for place, mark in enumerate(marks):
        y = place * _ROW
        long = max(mark.value / most * _WIDTH, 2 if mark.value else 0)
        note = f' <tspan class="note">{escape(mark.note)}</tspan>' if mark.note else ""
        parts.append(
            f'<text x="0" y="{y + 14}">{escape(mark.name)}{note}</text>'
            f'<text class="number" x="{_WIDTH}" y="{y + 14}" text-anchor="end">'
            f"{mark.value:,}</text>"
            f'<rect class="track" x="0" y="{y + 20}" width="{_WIDTH}" height="{_BAR}" rx="3"/>'
            f'<rect class="{mark.style}" x="0" y="{y + 20}" width="{long:.2f}" height="{_BAR}"'
            f' rx="3"><title>{escape(mark.name)}: {mark.value:,}</title></rect>'
        )
    return _svg(title, parts, len(marks) * _ROW)


def grid_values(most: int) -> list[int]:
    """From 0 in round steps, five at most, to a value that is not below `most`."""
    step = next(step for step in _steps() if step * 5 >= most)
    return [number * step for number in range(-(-max(most, 1) // step) + 1)]


def _steps() -> Iterator[int]:
    for size in count():
        yield from (10**size, 2 * 10**size, 5 * 10**size)


def _axis(value: int) -> str:
    if value >= 1_000_000:
        return f"{value / 1_000_000:g}M"
    return f"{value / 1000:g}k" if value >= 10_000 else f"{value:,}"


def _grid(value: int, top: int, left: float, height: float) -> str:
    y = _TOP + height * (1 - value / top)
    return (
        f'<line class="{"base" if value == 0 else "grid"}" x1="{left}" x2="{_WIDTH - _RIGHT}"'
        f' y1="{y:.2f}" y2="{y:.2f}"/>'
        f'<text class="axis" x="{left - 6}" y="{y + 4:.2f}" text-anchor="end">'
        f"{_axis(value)}</text>"
    )


def _svg(title: str, parts: Sequence[str], height: int) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg>"
    )
