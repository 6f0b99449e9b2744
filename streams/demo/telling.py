"""What the demo says while it plays: to a terminal in place, to a pipe in plain lines."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from streams.demo.standing import Standing

PLAIN_EVERY_S = 5.0  # between two lines of progress where nobody sees them written over
BAR_WIDTH = 30

Rename = Callable[[str], None]  # what the step is called once it is done


class Telling(Protocol):
    """Who is told."""

    def step(self, doing: str) -> AbstractContextManager[Rename]:
        """Say that a step begins, and at the block's end that it is done and how long it took."""
        ...

    def show(self, standing: Standing) -> None:
        """Say where the playing stands."""
        ...


class Lines:
    """Plain lines, each said once."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said_at = -PLAIN_EVERY_S

    @contextmanager
    def step(self, doing: str) -> Iterator[Rename]:
        """Say a step when it is done."""
        named = [doing]
        began = time.monotonic()
        try:
            yield named.append
        except BaseException:
            self._say(f"stopped while {doing}")
            raise
        self._say(f"{named[-1]:<60} {time.monotonic() - began:5.1f} s")

    def show(self, standing: Standing) -> None:
        """Say a line now and then."""
        if standing.seconds < self._said_at + PLAIN_EVERY_S:
            return
        self._said_at = standing.seconds
        of = f" of {standing.planned:,}" if standing.planned else ""
        self._say(
            f"  {standing.seconds:4.0f} s  {standing.sent:,}{of} deliveries sent, "
            f"{standing.movements:,} movements, {standing.entries:,} entries, "
            f"{standing.quarantined:,} quarantined, lag {standing.lag:,}"
        )

    def _say(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)


class Screen:
    """A terminal: steps done above, the figures of now below, all in place while `live` is held."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._doing = Spinner("dots")
        self._standing: Standing | None = None
        self.live = Live(console=console, refresh_per_second=8, transient=True)

    @contextmanager
    def step(self, doing: str) -> Iterator[Rename]:
        """Show a step turning, then done."""
        named = [doing]
        began = time.monotonic()
        self._doing = Spinner("dots", Text(doing))
        self._refresh()
        try:
            yield named.append
        except BaseException:
            self._console.print(Text.assemble(("✗ ", "red"), doing))
            raise
        self._standing = None
        done = Text.assemble(("✓ ", "green"), f"{named[-1]:<60} ", (_took(began), "dim"))
        self._console.print(done, soft_wrap=True)

    def show(self, standing: Standing) -> None:
        """Show the figures of now."""
        self._standing = standing
        self._refresh()

    def _refresh(self) -> None:
        parts: list[RenderableType] = [self._doing]
        if self._standing is not None:
            parts += [Text(), _figures(self._standing)]
        self.live.update(Group(*parts))


def _took(began: float) -> str:
    return f"{time.monotonic() - began:5.1f} s"


def _figures(standing: Standing) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(width=18)
    table.add_column(justify="right", width=9)
    table.add_column(width=18)
    table.add_column(justify="right", width=9)
    rows = (
        ("movements", standing.movements, "journal entries", standing.entries),
        ("availability", standing.updates, "quarantined", standing.quarantined),
        ("lag", standing.lag, "processes killed", standing.killed),
    )
    for left, one, right, other in rows:
        table.add_row(left, f"{one:,}", right, f"{other:,}")
    outer = Table.grid()
    outer.add_row(_progress(standing))
    outer.add_row(table)
    return outer


def _progress(standing: Standing) -> Table:
    row = Table.grid(padding=(0, 2))
    of = f" of {standing.planned:,}" if standing.planned else ""
    bar = ProgressBar(total=standing.planned, completed=standing.sent, width=BAR_WIDTH)
    clock = f"{standing.clock:%d %b %H:%M}" if standing.clock else ""
    rate = f"{standing.deliveries_per_s:,.0f}/s"
    row.add_row("deliveries", bar, f"{standing.sent:,}{of}", rate, clock)
    return row
