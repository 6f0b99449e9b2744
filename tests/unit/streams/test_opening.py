"""A position as movements: ids, order, partitions, and what is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.holds import Place
from ledger.movement import Movement, MovementKind, Opened
from ledger.wire import parse_movement_record
from streams.clarus.settings import ClarusSettings
from streams.engine.errors import RefusesToRun
from streams.opening import Opening, opening_of, parse_moment, records_of, refuse_opened
from streams.opening_file import COLUMNS, UnreadableOpening, parse_rows
from streams.partitions import partition_of
from streams.settings import Settings
from streams.topics import MOVEMENTS

AT = datetime(2026, 7, 3, 6, tzinfo=UTC)
NOW = AT + timedelta(hours=1)
STOCK = ClarusSettings()
PARTITIONS = 4
HEADER = ",".join(COLUMNS) + "\n"


def opening(text: str, empty: Place | None = None, **clarus: Any) -> Opening:
    settings = Settings.model_validate({"clarus": clarus})
    rows = parse_rows((HEADER + text).encode())
    return opening_of(rows, AT, now=NOW, empty=empty, settings=settings)


def records(said: Opening) -> dict[int, list[Any]]:
    return {
        partition: [parse_movement_record(value or b"") for _, value, _ in sends]
        for (_, partition), sends in records_of(said, PARTITIONS).items()
    }


def test_every_partition_ends_with_every_opened_place() -> None:
    """A place opens in all partitions after its movements, so that no SKU of it waits on."""
    said = records(opening("A,S,X,1,,\nA,T,Y,2,,\n"))

    assert set(range(PARTITIONS)) == said.keys()
    for ends in said.values():
        assert [Opened("A", "S", AT), Opened("A", "T", AT)] == ends[-2:]


def test_movements_are_in_their_sku_s_partition() -> None:
    """Each line stands where every other movement of its SKU stands."""
    said = records_of(opening("A,S,X,1,,\nA,S,Y,2,,\n"), PARTITIONS)

    for (topic, partition), sends in said.items():
        assert MOVEMENTS.name == topic
        for key, _, _ in sends:
            assert key is None or partition_of(key, PARTITIONS) == partition


def test_a_hold_follows_its_level() -> None:
    """Held stock is on hand first, whatever the order of the lines."""
    made = opening("A,S,X,,r,1\nA,S,X,5,,\n").movements

    assert [m.kind for m in made] == [MovementKind.OPENING, MovementKind.OPENING_HOLD]


def test_ids_are_computed() -> None:
    """The same position said twice has the same ids and the same content."""
    one, other = opening("A,S,X,5,,\nA,S,X,,r,1\n"), opening("A,S,X,5.0,,\nA,S,X,,r,1\n")

    assert one == other
    assert [movement.movement_id for movement in one.movements] == [
        "opening:A:S:X:2026-07-03T06:00:00Z",
        "opening_hold:A:S:X:r:2026-07-03T06:00:00Z",
    ]


def test_codes_that_make_one_id_are_refused() -> None:
    """Two SKUs' stock is never taken for one, whatever characters codes hold."""
    with pytest.raises(UnreadableOpening, match="two lines make one id"):
        opening("A:B,C,X,5,,\nA,B:C,X,5,,\n")


def test_a_site_is_called_by_our_name() -> None:
    """The warehouse's code becomes the site that its movements carry."""
    made: tuple[Movement, ...] = opening("A,WH1,X,1,,\n", sites={"WH1": "LEEDS"}).movements

    assert [movement.site for movement in made] == ["LEEDS"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("B,S,X,1,,\n", "line 2: account 'B' is not one of this company"),
        (f"A,S,{'x' * 61},1,,\n", "line 2: sku: "),
        ("A,S,X,9999999999999,,\n", "line 2: quantity: "),
    ],
)
def test_what_no_movement_can_be_is_named(text: str, reason: str) -> None:
    """What the topic's readers would refuse is refused before it is written."""
    with pytest.raises(UnreadableOpening) as refused:
        opening(text, accounts=["A"])

    assert refused.value.problems[0].startswith(reason)


def test_an_empty_place_opens() -> None:
    """A warehouse that begins with nothing opens too."""
    said = records(opening("", Place("A", "S")))

    assert {p: [Opened("A", "S", AT)] for p in range(PARTITIONS)} == said


def test_only_the_named_place_may_be_in_the_file() -> None:
    """A file of another site is not loaded by mistake."""
    with pytest.raises(UnreadableOpening, match="line 2: is of A at T"):
        opening("A,T,X,1,,\n", Place("A", "S"))


def test_an_open_place_is_refused() -> None:
    """A second opening would count the stock twice: the place and the way out are named."""
    with pytest.raises(
        RefusesToRun, match=r"A at S is open since 2026-07-03.*adjustments in Clarus"
    ):
        refuse_opened(opening("A,S,X,1,,\n"), {Place("A", "S"): AT})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-07-03T06:00:00", "no zone"),
        ("1999-12-31T23:00:00Z", "before 2000"),
        ("2026-07-03T07:05:01Z", "ahead of now, 2026-07-03T07:00:00Z: Z is UTC"),
        ("2026-07-03T08:00:00Z", "local time ends with its offset"),
        ("yesterday", "isoformat"),
    ],
)
def test_a_moment_that_cannot_be_is_refused(text: str, reason: str) -> None:
    """A typing error in the moment would set live movements aside."""
    with pytest.raises(ValueError, match=reason):
        parse_moment(text, NOW, STOCK)


def test_a_clock_may_be_some_minutes_ahead() -> None:
    """Clarus's clock is not ours: what was exported just now may be ahead of it."""
    assert parse_moment("2026-07-03T07:05:00Z", NOW, STOCK) == NOW + timedelta(minutes=5)


def test_a_moment_with_an_offset_is_read_as_utc() -> None:
    """The warehouse's own zone may be written."""
    assert parse_moment("2026-07-03T07:00:00+01:00", NOW, STOCK) == AT


def test_a_feed_of_headers_opens_with_a_day() -> None:
    """A bare date of the day of the opening would be taken for a time before it."""
    headers = ClarusSettings(feed="headers")
    with pytest.raises(ValueError, match="must be 00:00 UTC"):
        parse_moment("2026-07-03T06:00:00Z", NOW, headers)

    assert parse_moment("2026-07-03T01:00:00+01:00", NOW, headers) == AT.replace(hour=0)


def test_skus_are_in_the_case_of_the_movements() -> None:
    """Where Clarus tells one product in two cases, an opening is of the same card."""
    in_one, in_two = (opening("A,S,mug,1,,\n", sku_case=case).movements for case in ("one", "two"))

    assert [m.sku for m in (*in_one, *in_two)] == ["MUG", "mug"]
