"""Curves over sizes as an SVG: both axes in powers of ten, a panel for each measure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 260, 220  # of one panel, in pixels
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 34, 40  # around its axes
INK, CURVE, GRID = "#57606a", "#0969da", "#d0d7de"


@dataclass(frozen=True, slots=True)
class Panel:
    """One measure over sizes; sizes and values are above zero."""

    title: str
    across: str  # what the sizes are of
    points: Sequence[tuple[float, float]]


def plot(panels: Sequence[Panel]) -> str:
    """Return an SVG document with the panels side by side."""
    width = WIDTH * len(panels)
    drawn = "\n".join(
        f'<g transform="translate({WIDTH * number} 0)">{"".join(_panel(panel))}</g>'
        for number, panel in enumerate(panels)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" '
        f'width="{width}" height="{HEIGHT}" font-family="sans-serif" font-size="11" '
        f'fill="{INK}">\n<rect width="100%" height="100%" fill="#ffffff"/>\n{drawn}\n</svg>\n'
    )


def _panel(panel: Panel) -> Iterable[str]:
    columns = _Axis.around([x for x, _ in panel.points], LEFT, WIDTH - RIGHT)
    rows = _Axis.around([y for _, y in panel.points], HEIGHT - BOTTOM, TOP)
    yield f'<text x="{LEFT}" y="18" font-weight="bold">{escape(panel.title)}</text>'
    for value in columns.powers():
        at = columns.place(value)
        yield f'<path d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="{GRID}"/>'
        yield f'<text x="{at:.1f}" y="{HEIGHT - 24}" text-anchor="middle">{_short(value)}</text>'
    for value in rows.powers():
        at = rows.place(value)
        yield f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="{GRID}"/>'
        yield f'<text x="{LEFT - 5}" y="{at + 4:.1f}" text-anchor="end">{_short(value)}</text>'
    middle = (LEFT + WIDTH) / 2
    yield f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">{panel.across}</text>'
    placed = [(columns.place(x), rows.place(y)) for x, y in panel.points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
    yield f'<polyline points="{line}" fill="none" stroke="{CURVE}" stroke-width="2"/>'
    for x, y in placed:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{CURVE}"/>'


@dataclass(frozen=True, slots=True)
class _Axis:
    low: int  # powers of ten
    high: int
    begin: float  # pixels
    end: float

    @classmethod
    def around(cls, values: Sequence[float], begin: float, end: float) -> "_Axis":
        low = math.floor(math.log10(min(values)))
        return cls(low, max(low + 1, math.ceil(math.log10(max(values)))), begin, end)

    def place(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)

    def powers(self) -> list[float]:
        return [10.0**power for power in range(self.low, self.high + 1)]


def _short(value: float) -> str:
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"
