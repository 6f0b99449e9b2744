"""`stock opening load`: a position becomes movements and opened places, in one transaction.

The lines of each SKU go to its partition; after them every partition is told which places are
open, so that what waited there is let in, SKUs that no line names included.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from ledger.errors import MalformedRecord
from ledger.holds import Place
from ledger.movement import Movement, MovementKind, Opened
from ledger.wire import (
    hashed,
    parse_movement,
    render_movement,
    render_opened,
)
from streams.clarus.settings import ClarusSettings
from streams.clarus.words import Words
from streams.controls import read_controls
from streams.engine.errors import RefusesToRun
from streams.engine.fold import Place as OutputPlace
from streams.engine.fold import Send
from streams.headers import event_kind, rfc3339
from streams.one_transaction import only_writer
from streams.opening_file import PROBLEMS_SHOWN_MAX, Row, UnreadableOpening
from streams.partitions import partition_of
from streams.settings import Settings
from streams.topic_admin import check_topics
from streams.topics import APP_ID, MOVEMENTS

TRANSACTIONAL_ID = f"{APP_ID}-opening"
# What moved before the moment is taken to be in the position: until a later one came, all would be
# lost that moves. Clocks differ by less, mistaken zones by more.
AHEAD_MAX = timedelta(minutes=5)
FIRST_MOMENT = time()  # of a day
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # a moment before it is a typing error too


@dataclass(frozen=True, slots=True)
class Opening:
    """What one load says: movements in the file's order, and the places that open after them."""

    at: datetime
    movements: tuple[Movement, ...]
    places: tuple[Place, ...]


def parse_moment(text: str, now: datetime, clarus: ClarusSettings) -> datetime:
    """Return the moment the position was taken, in UTC; raise `ValueError` where it cannot be.

    A completed order or receipt may carry a bare date, which is read as that day's first moment
    (documented of some lists of Clarus): from a later moment on, that day's would not count.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("it has no zone: end it with Z or an offset, as in 2026-07-03T06:00:00Z")
    at = at.astimezone(UTC)
    if at < EARLIEST:
        raise ValueError(f"it is before {EARLIEST:%Y}")
    if at > now + AHEAD_MAX:
        raise ValueError(
            f"it is ahead of now, {now:%Y-%m-%dT%H:%M:%SZ}: Z is UTC, a local time ends with its "
            "offset, as in 2026-07-03T06:00:00+01:00"
        )
    if clarus.feed == "headers" and at.time() != FIRST_MOMENT:
        raise ValueError(
            "with clarus.feed = 'headers' it must be 00:00 UTC of a day: completed documents may "
            "carry a bare date, and those of that day would be taken for older ones"
        )
    return at


def opening_of(
    rows: Sequence[Row], at: datetime, *, now: datetime, empty: Place | None, settings: Settings
) -> Opening:
    """Return what to load; raise `UnreadableOpening` naming the lines that do not fit.

    `empty` is a place that opens even if no row names it; then no row may name another.
    """
    words = Words(settings.clarus)
    places = {empty: None} if empty else {}
    movements: list[Movement] = []
    problems: list[str] = []
    # Holds after levels: a hold is of stock that is there.
    for row in sorted(rows, key=lambda row: row.on_hand_milli is None):
        try:
            place = _place_of(row, empty, settings)
            movements.append(_movement(row, place, at, now, words))
        except MalformedRecord as error:
            problems.append(f"line {row.line}: {error}")
        else:
            places[place] = None
    if problems:
        raise UnreadableOpening(problems[:PROBLEMS_SHOWN_MAX])
    _refuse_equal_ids(movements)
    return Opening(at, tuple(movements), tuple(sorted(places)))


def empty_place(account: str | None, site: str | None, settings: Settings) -> Place | None:
    """Return the place that two options name; `ValueError` where only one is given."""
    if account is None and site is None:
        return None
    if not account or not site:
        raise ValueError("--account and --site go together")
    try:
        return _place(account, site, settings)
    except MalformedRecord as error:
        raise ValueError(str(error)) from None


def _place_of(row: Row, only: Place | None, settings: Settings) -> Place:
    place = _place(row.account, row.site, settings)
    if only is not None and place != only:
        raise MalformedRecord(f"is of {place.account} at {place.site}, not of the place opened")
    return place


def _place(account: str, site: str, settings: Settings) -> Place:
    ours = settings.clarus.accounts
    if ours and account not in ours:
        raise MalformedRecord(f"account {account!r} is not one of this company: {', '.join(ours)}")
    return Place(account, settings.clarus.sites.get(site, site))


def _movement(row: Row, place: Place, at: datetime, now: datetime, words: Words) -> Movement:
    """Return the row's movement, as a reader of the topic will find it."""
    is_hold = row.on_hand_milli is None
    sku = words.sku(row.sku)
    kind = MovementKind.OPENING_HOLD if is_hold else MovementKind.OPENING
    of = (place.account, place.site, sku, row.stock_record, rfc3339(at).decode())
    movement = Movement(
        movement_id=":".join((kind.value, *filter(None, of))),
        kind=kind,
        sku=sku,
        site=place.site,
        account=place.account,
        quantity_milli=(row.held_milli if is_hold else row.on_hand_milli) or 0,
        occurred_at=at,
        received_at=now,
        content_hash="0" * 16,
        stock_record=row.stock_record,
    )
    return parse_movement(render_movement(hashed(movement)))


def _refuse_equal_ids(movements: Iterable[Movement]) -> None:
    seen: set[str] = set()
    for movement in movements:
        if movement.movement_id in seen:
            raise UnreadableOpening([f"two lines make one id: {movement.movement_id}"])
        seen.add(movement.movement_id)


def records_of(opening: Opening, partitions: int) -> dict[OutputPlace, list[Send]]:
    """Return the records of each partition: its movements, then every opened place."""
    by_partition: defaultdict[int, list[Send]] = defaultdict(list)
    kind = event_kind(MOVEMENTS.name, "opening", "load")
    for movement in opening.movements:
        key = movement.sku.encode()
        headers = kind.headers(movement.movement_id, rfc3339(movement.occurred_at))
        by_partition[partition_of(key, partitions)].append(
            (key, render_movement(movement), headers)
        )
    controls = [_control(place, opening.at) for place in opening.places]
    return {
        (MOVEMENTS.name, partition): [*by_partition[partition], *controls]
        for partition in range(partitions)
    }


def _control(place: Place, at: datetime) -> Send:
    kind = event_kind(MOVEMENTS.name, "opening", "load")
    event_id = f"opened:{place.account}:{place.site}:{rfc3339(at).decode()}"
    value = render_opened(Opened(place.account, place.site, at))
    return None, value, kind.headers(event_id, rfc3339(at))


async def load(settings: Settings, opening: Opening) -> None:
    """Write an opening; raise `RefusesToRun`, before anything is written, where a place is open.

    Two loads at once: the later one fences the earlier, of which nothing is then written.
    """
    await check_topics(settings)
    async with only_writer(settings, TRANSACTIONAL_ID, [MOVEMENTS.name]) as writer:
        controls = await read_controls(settings)
        refuse_opened(opening, controls.opened)
        await writer.write(records_of(opening, settings.partitions))


def refuse_opened(opening: Opening, opened: Mapping[Place, datetime]) -> None:
    """Raise `RefusesToRun` where a place of the opening is open already."""
    for place in opening.places:
        if place in opened:
            raise RefusesToRun(
                f"{place.account} at {place.site} is open since {rfc3339(opened[place]).decode()}: "
                "a place opens once. Put its stock right by adjustments in Clarus, or begin anew "
                "with fresh topics"
            )
