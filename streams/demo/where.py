"""Where to look after a demo: addresses and lines to type."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from streams.demo.world import World
from streams.kafka import bootstrap
from streams.settings import Settings
from streams.topics import JOURNAL


@dataclass(frozen=True, slots=True)
class Where:
    """What the addresses and lines are made of."""

    settings: Settings
    world: World
    enter: Sequence[str]  # what makes a terminal's commands speak of the demo

    def while_it_runs(self, sku: str) -> Table:
        """Return what can be looked at now."""
        web, door = f"http://{self.settings.web_bind}", f"http://{self.settings.door_bind}"
        return _lines(
            "Look at it",
            ("browser", f"{web}/table/stock/{sku}"),
            ("", f"{web}/table/stock/    {web}/metrics"),
            *self._world("terminal"),
            ("", f"uv run stock show {sku}"),
            ("", "uv run stock quarantine list"),
            ("", "uv run stock verify"),
            ("topics", f"kcat -b {bootstrap(self.settings)} -C -t {JOURNAL.name} -e"),
            ("door", f"secret=$(cat {self.world.secret_file})"),
            ("", "curl -i -H content-type:application/json -d '{\"id\": 1}' \\"),
            ("", f"  {door}/clarus/$secret/stock/received"),
        )

    def afterwards(self, sku: str) -> Table:
        """Return how to look again once everything has ended."""
        start = [("", "uv run stock kafka start    # and stop")]
        return _lines(
            "Everything has ended; the records stay. To look again:",
            *self._world(""),
            *(start if self.settings.kafka is None else []),
            ("", f"uv run stock show {sku}"),
            ("", "uv run stock verify"),
        )

    def _world(self, name: str) -> list[tuple[str, str]]:
        """Return the lines of `enter`, the first with a name."""
        return [(name if number == 0 else "", line) for number, line in enumerate(self.enter)]


def _lines(title: str, *lines: tuple[str, str]) -> Table:
    """Return names and lines; a line is never broken where it could not be typed."""
    table = Table.grid(padding=(0, 2))
    table.title, table.title_justify, table.title_style = title, "left", "bold"
    table.add_column(style="dim", min_width=8)
    table.add_column(overflow="fold")
    for name, line in lines:
        table.add_row(name, Text(line))
    return table
