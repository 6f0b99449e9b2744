"""The demo's last page: what the day came to, in words for a stranger."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from ledger.exceptions import ExceptionClass
from streams.commands.shown import pounds, safe_text
from streams.demo.summary import Summary

WIDE = 100  # columns from which two tables stand side by side
WIDTH_MAX = 118
SHOWN_MAX = 12  # reasons or differences, told one by one; of more, their number

_ITEM_WORDS = {
    "movement": "told of stock that moved",
    "without_effect": "moved nothing (a step in between)",
    "held": "kept for later (orders, receipts)",
    "foreign": "another company's: counted, not kept",
    "quarantined": "unreadable: set aside, with the reason",
}
_MOVEMENT_WORDS = {
    "opening": "the position the day began with",
    "applied": "changed a stock level",
    "repeated": "told twice: no effect the second time",
    "conflict": "said before with other content: kept apart",
    "too_old": "too old to tell from a repeat: kept apart",
    "before_opening": "occurred before the opening: in it",
    "waiting": "wait for an opening",
    "quarantined": "could not be read",
}
_EXCEPTION_WORDS = {
    ExceptionClass.UNMAPPED_REASON: "a reason code nobody mapped: the entry waits",
    ExceptionClass.NO_COST: "Khaos has told no cost: the entry waits",
    ExceptionClass.CONFLICT: "same id, other content: the first stands",
    ExceptionClass.TOO_OLD: "too old to tell from a repeat",
    ExceptionClass.BELOW_ZERO: "a level below zero: a goods-in is missing",
    ExceptionClass.HELD_UNCLEAR: "goods left while some are on hold, which is not said",
}


def print_summary(summary: Summary, console: Console) -> None:
    """Print the whole page."""
    for part in _parts(summary, min(console.width, WIDTH_MAX)):
        console.print(part, highlight=False)


def _parts(summary: Summary, width: int) -> Iterator[RenderableType]:
    yield Text()
    yield Text(_title(summary), style="bold")
    yield Text(_sent(summary))
    yield from _side_by_side(_deliveries(summary), _movements(summary), width)
    yield from _side_by_side(_kinds(summary), _journal(summary), width)
    yield from _side_by_side(_set_aside(summary), _exceptions(summary), width)
    yield Text()
    yield _pace(summary)
    yield Text()
    yield from _proofs(summary)


def _title(summary: Summary) -> str:
    first, last = summary.first_day, summary.last_day
    day = f"{first}" if first == last else f"{first} to {last}"
    retail = summary.retail
    return (
        f"{day}: {retail['lines']:,} lines of a real shop in {retail['orders']:,} orders, "
        f"{retail['adjustments']:,} adjustments, {retail['adjustments_readable']:,} readable"
    )


def _sent(summary: Summary) -> str:
    sent = summary.sent
    lists = f" ({sent['arrays']:,} of them lists)" if sent["arrays"] else ""
    return (
        f"The warehouse told of it in {sent['deliveries']:,} webhooks{lists}: "
        f"{sent['duplicates']:,} of "
        f"them twice, {sent['reordered'] + sent['delayed'] + sent['late']:,} out of order or late, "
        f"{sent['poison']:,} malformed, {sent['conflicts']:,} that contradict an earlier one. "
        f"{sent['retries']:,} were told again after a broken connection, "
        f"{sent['refused']:,} the door refused."
    )


def _side_by_side(left: Table, right: Table, width: int) -> Iterator[RenderableType]:
    yield Text()
    if width < WIDE:
        yield left
        yield Text()
        yield right
        return
    both = Table.grid(padding=(0, 4))
    both.add_row(left, right)
    yield both


def _table(title: str, rows: Iterable[tuple[str, str]]) -> Table:
    table = Table(
        title=title, title_justify="left", title_style="bold", box=None, show_header=False
    )
    table.add_column(justify="right", min_width=8)
    table.add_column()
    for number, words in rows:
        table.add_row(number, Text(safe_text(words)))
    return table


def _counted(parts: Mapping[str, int], words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, number in parts.items():
        if number:
            yield f"{number:,}", words.get(name, name.replace("_", " "))


def _deliveries(summary: Summary) -> Table:
    items = summary.items
    title = f"{summary.deliveries:,} deliveries taken in, with {items.whole:,} records"
    return _table(title, _counted(items.parts, _ITEM_WORDS))


def _movements(summary: Summary) -> Table:
    movements = summary.movements
    title = f"{movements.whole:,} movements of {summary.skus:,} SKUs"
    return _table(title, _counted(movements.parts, _MOVEMENT_WORDS))


def _kinds(summary: Summary) -> Table:
    return _table("Movements by kind", _counted(summary.by_kind, {}))


def _journal(summary: Summary) -> Table:
    entries = sum(line.entries for line in summary.journal.values())
    table = Table(
        title=f"{entries:,} journal entries by category",
        title_justify="left",
        title_style="bold",
        box=None,
        show_header=False,
    )
    table.add_column(justify="right", min_width=8)
    table.add_column()
    table.add_column(justify="right")
    for category, line in summary.journal.items():
        value = pounds(line.value_pence) if line.entries > line.without_value else "no value"
        table.add_row(f"{line.entries:,}", Text(category.replace("_", " ")), value)
    if summary.parked:
        table.add_row(f"{summary.parked:,}", "wait for a cost or a mapping", "")
    return table


def _set_aside(summary: Summary) -> Table:
    total = sum(summary.quarantined.values())
    rows = [(f"{number:,}", reason) for reason, number in summary.quarantined.items()]
    shown = list(islice(rows, SHOWN_MAX))
    if len(rows) > len(shown):
        shown.append(("", f"... and {len(rows) - len(shown)} more"))
    return _table(f"{total:,} set aside in quarantine, and why", shown)


def _exceptions(summary: Summary) -> Table:
    total = sum(summary.exceptions.values())
    rows = (
        (f"{number:,}", f"{of} {_EXCEPTION_WORDS[ExceptionClass(of)]}")
        for of, number in summary.exceptions.items()
    )
    return _table(f"{total:,} exceptions open, for a person", rows)


def _pace(summary: Summary) -> Text:
    ratio = summary.movements_per_update
    p50, p99 = summary.delay_ms["p50"], summary.delay_ms["p99"]
    lines = [
        f"{summary.deliveries_per_s:,.0f} deliveries a second over {summary.seconds:.1f} s",
        f"{summary.updates:,} availability updates"
        + (f" for {summary.applied:,} movements, one for {ratio:.1f}" if ratio else ""),
    ]
    if p50 is not None and p99 is not None:
        lines.append(
            f"{p50:,} ms from the door to the journal (p50; p99 {p99:,} ms), the day coming in "
            + (f"{summary.speed:g} times faster than life" if summary.speed else "all at once")
        )
    if summary.killed:
        killed = ", ".join(f"{name} {times}x" for name, times in sorted(summary.killed.items()))
        lines.append(f"killed and restarted meanwhile: {killed}")
    return Text("\n".join(lines))


def _proofs(summary: Summary) -> Iterator[Text]:
    yield _verdict(
        "Every delivery and every movement has exactly one fate; the counts add up",
        "The counts do not add up",
        agrees=summary.items.adds_up and summary.movements.adds_up,
    )
    yield _verdict(
        "The log, recomputed with separate arithmetic, agrees (stock verify)",
        f"stock verify disagrees: {safe_text(summary.verified.why)}",
        agrees=summary.verified.agrees,
    )
    truth = summary.truth
    yield _verdict(
        f"The warehouse's own records agree: {truth.levels:,} levels, {truth.skus:,} SKUs' "
        f"availability, {truth.fates} fates",
        f"The warehouse's own records differ in {len(truth.differences):,} places:",
        agrees=truth.agrees,
    )
    for difference in islice(truth.differences, SHOWN_MAX):
        yield Text(f"    {safe_text(str(difference))}", style="red")


def _verdict(yes: str, no: str, *, agrees: bool) -> Text:
    mark, style, words = ("✓", "green", yes) if agrees else ("✗", "bold red", no)
    return Text.assemble((f"{mark} ", style), words)
