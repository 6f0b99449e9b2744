"""Where to look after a demo: addresses and lines to type."""

from collections.abc import Iterator

from rich.text import Text

from streams.demo.summary import Summary
from streams.demo.world import World
from streams.kafka import bootstrap
from streams.settings import Settings
from streams.topics import AVAILABILITY, JOURNAL, MOVEMENTS


def while_it_runs(settings: Settings, world: World, summary: Summary) -> Iterator[Text]:
    """Return what can be looked at now."""
    web, sku = f"http://{settings.web_bind}", summary.example_sku
    yield from _section(
        "Open in a browser",
        f"{web}/table/stock/",
        f"{web}/table/stock/{sku}",
        f"{web}/metrics",
    )
    yield from _section("Type in another terminal", f"export STOCK_CONFIG={world.config}")
    yield from _lines(*_commands(sku))
    yield from _section("Read the topics", *_kcat(settings, sku))
    yield from _section(
        "Tell the door something yourself",
        "curl -i -H 'content-type: application/json' -d '{\"id\": 1}' \\",
        f"  http://{settings.door_bind}/clarus/$(cat {world.secret_file})/stock/held",
    )


def afterwards(settings: Settings, world: World, summary: Summary) -> Iterator[Text]:
    """Return how to look again once everything has ended."""
    yield from _section("Everything has ended; the records stay. To look again:")
    yield from _lines(f"export STOCK_CONFIG={world.config}")
    if settings.kafka is None:
        yield from _lines("uv run stock kafka start          # and `stop` when done")
    yield from _lines(*_commands(summary.example_sku))


def _commands(sku: str) -> tuple[str, ...]:
    return (
        f"uv run stock show {sku}",
        "uv run stock quarantine list",
        "uv run stock verify",
    )


def _kcat(settings: Settings, sku: str) -> Iterator[str]:
    broker = bootstrap(settings)
    for topic in (JOURNAL.name, AVAILABILITY.name):
        yield f"kcat -b {broker} -C -t {topic} -o beginning -e -f '%k %s\\n'"
    yield f"kcat -b {broker} -C -t {MOVEMENTS.name} -o beginning -e -f '%k %s\\n' | grep '^{sku} '"


def _section(title: str, *lines: str) -> Iterator[Text]:
    yield Text()
    yield Text(title, style="bold")
    yield from _lines(*lines)


def _lines(*lines: str) -> Iterator[Text]:
    for line in lines:
        yield Text(f"  {line}")
