"""What goes back from the quarantine, how, and that it goes back once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest

from streams.clarus.words import Words
from streams.headers import QUARANTINED_BYTES_MAX
from streams.quarantine import Acceptance, NotReplayable, SetAside, accepted, again, set_aside
from streams.settings import Settings
from streams.topics import AVAILABILITY, DELIVERIES, EXCEPTIONS, JOURNAL, MOVEMENTS, QUARANTINE
from tests.support.kafka import Record
from tests.support.pipeline import BEGINS_AT, Pipeline, settings_of
from tests.support.scenario import NOW, body

SETTINGS = settings_of()
BAKER = Acceptance("A. Baker", "counted it again")


def pipeline(settings: Settings = SETTINGS) -> Pipeline:
    made = Pipeline(settings)
    made.open()
    made.cost("MUG", 5_500_000)
    return made


def in_quarantine(made: Pipeline) -> list[SetAside]:
    return [set_aside(record) for record in made.records[QUARANTINE.name]]


def with_conflict() -> Pipeline:
    """Return a pipeline that was told the same id with two quantities."""
    made = pipeline()
    made.deliver("stock.positively_adjusted", body())
    made.deliver("stock.positively_adjusted", body(quantity=3))
    return made


def with_late() -> Pipeline:
    """Return a pipeline that heard of a movement after it had forgotten what came about then."""
    made = pipeline()
    for day in range(20):
        made.day_passes()
        when = (BEGINS_AT + timedelta(days=day)).isoformat()
        made.deliver("stock.received", body(id=day, quantity=1, created_at=when))
    late = (BEGINS_AT - timedelta(days=4)).isoformat()
    made.deliver("stock.positively_adjusted", body(created_at=late))
    return made


def read(record: Record) -> dict[str, Any]:
    return orjson.loads(record.value or b"")


def available(made: Pipeline) -> str:
    return read(made.records[AVAILABILITY.name][-1])["available"]


def test_a_conflict_accepted_counts_once() -> None:
    """The level changes, one entry is made, the exception is cleared; a second time nothing."""
    made = with_conflict()
    (kept_apart,) = in_quarantine(made)
    before = len(made.records[JOURNAL.name])

    for _ in range(2):
        made.send([accepted(kept_apart, BAKER, NOW)])

    assert available(made) == "5"
    assert len(made.records[JOURNAL.name]) == before + 1
    assert made.counts["repeated"] == 1
    notices = [read(record) for record in made.records[EXCEPTIONS.name]]
    assert [n["state"] for n in notices if n["class"] == "E04"] == ["raised", "cleared"]


def test_a_movement_too_old_to_tell_counts_once_it_is_accepted() -> None:
    """As with a conflict: the level, one entry, the exception; a second time nothing."""
    made = with_late()
    (kept_apart,) = in_quarantine(made)
    assert (kept_apart.of, available(made)) == ("E05", "20")
    before = len(made.records[JOURNAL.name])

    for _ in range(2):
        made.send([accepted(kept_apart, BAKER, NOW)])

    assert available(made) == "22"
    (entered,) = (read(record) for record in made.records[JOURNAL.name][before:])
    assert entered["movement_id"].startswith(f"accepted:{kept_apart.movement_id}:")
    assert (entered["quantity"], entered["period"]) == ("2", "2026-06")
    assert (made.counts["too_old"], made.counts["repeated"]) == (1, 1)
    notices = [read(record) for record in made.records[EXCEPTIONS.name]]
    assert [n["state"] for n in notices if n["class"] == "E05"] == ["raised", "cleared"]


@pytest.mark.parametrize("made_by", [with_conflict, with_late], ids=["E04", "E05"])
def test_told_once_more_an_accepted_movement_is_a_repeat(made_by: Callable[[], Pipeline]) -> None:
    """A person has decided: the warehouse's own repetition does not ask them again."""
    made = made_by()
    (kept_apart,) = in_quarantine(made)
    last_told = made.records[DELIVERIES.name][-1]
    made.send([accepted(kept_apart, BAKER, NOW)])
    level, entries = available(made), len(made.records[JOURNAL.name])

    made.send([(last_told.key, last_told.value, list(last_told.headers))])

    assert made.counts["repeated"] == 1
    assert len(in_quarantine(made)) == 1
    assert (available(made), len(made.records[JOURNAL.name])) == (level, entries)
    notices = [read(record) for record in made.records[EXCEPTIONS.name]]
    assert [n["state"] for n in notices if n["class"] == kept_apart.of] == ["raised", "cleared"]


@pytest.mark.parametrize("kept_apart", [with_conflict, with_late], ids=["E04", "E05"])
def test_an_accepted_movement_is_booked_when_it_occurred(
    kept_apart: Callable[[], Pipeline],
) -> None:
    """Time, quantity and place are the movement's own, whenever a person accepts it."""
    made = kept_apart()
    (one,) = in_quarantine(made)
    made.send([accepted(one, BAKER, NOW)])

    was, now = orjson.loads(one.value), read(made.records[MOVEMENTS.name][-1])
    changed = {"movement_id", "accepts", "received_at", "delivery", "content_hash"}
    assert {name for name in was if was[name] != now[name]} == changed


def test_an_accepted_movement_names_what_it_accepts_and_who_said_so() -> None:
    """Who and why stand in the delivery, what was accepted in the movement."""
    made = with_conflict()
    (kept_apart,) = in_quarantine(made)

    made.send([accepted(kept_apart, BAKER, NOW)])

    headers = dict(made.records[DELIVERIES.name][-1].headers)
    assert headers["stock_accepted_by"] == b"A. Baker"
    assert headers["stock_accepted_because"] == b"counted it again"
    assert headers["stock_replay_of"] == b"stock.quarantine.v1/0/0"
    movement = read(made.records[MOVEMENTS.name][-1])
    assert movement["accepts"] == "clarus:northpeak:stock.positively_adjusted:910251"


def test_a_bad_record_comes_right_once_its_cause_is_mended() -> None:
    """A negative quantity is refused, the setting is changed, the replay is a movement, once."""
    made = pipeline()
    made.deliver("stock.negatively_adjusted", body(quantity=-2))
    mended = settings_of(quantity_sign="either")
    (bad,) = in_quarantine(made)

    made.restart_translate(mended)
    for _ in range(2):
        made.send([again(bad, Words(mended.clarus), NOW)])

    assert len(in_quarantine(made)) == 1
    assert made.counts["applied"] == 1
    assert made.counts["repeated"] == 1


def test_a_bad_record_goes_back_as_it_came() -> None:
    """Bytes, headers and key are those of the delivery; only what replay says of itself is new."""
    made = pipeline()
    made.deliver("stock.negatively_adjusted", body(quantity=-2), key=b"MUG")
    (bad,) = in_quarantine(made)

    key, value, headers = again(bad, Words(SETTINGS.clarus), NOW)

    delivered = made.records[DELIVERIES.name][0]
    assert (delivered.key, delivered.value) == (key, value)
    assert list(delivered.headers) == [h for h in headers if h[0].startswith("clarus_")]
    assert dict(headers)["stock_replay_of"] == b"stock.quarantine.v1/0/0"


def test_a_replay_of_a_replay_names_the_last_one_alone() -> None:
    """A header of an earlier replay is replaced, not kept beside the new one."""
    made = pipeline()
    made.deliver("stock.negatively_adjusted", body(quantity=-2))
    made.send([again(in_quarantine(made)[0], Words(SETTINGS.clarus), NOW)])

    _, _, headers = again(in_quarantine(made)[1], Words(SETTINGS.clarus), NOW)

    names = [name for name, _ in headers]
    assert len(names) == len(set(names))
    assert dict(headers)["stock_replay_of"] == b"stock.quarantine.v1/0/1"


def test_one_record_of_many_goes_back_alone() -> None:
    """Of an array only the bad record is set aside, and only it is sent again."""
    made = pipeline()
    many = b"[" + body() + b"," + body(id=2, quantity=-1, product={"code": "JUG"}) + b"]"
    made.deliver("stock.positively_adjusted", many, key=b"MUG")

    (bad,) = in_quarantine(made)
    key, value, _ = again(bad, Words(SETTINGS.clarus), NOW)

    assert (bad.number, key) == (1, b"JUG")
    assert orjson.loads(value or b"")["id"] == 2


def test_a_kept_apart_movement_does_not_go_back_unaccepted() -> None:
    """It would be kept apart again; the message names the way."""
    (kept_apart,) = in_quarantine(with_conflict())

    with pytest.raises(NotReplayable, match="--accept --who NAME --why REASON"):
        again(kept_apart, Words(SETTINGS.clarus), NOW)


def test_a_bad_record_cannot_be_accepted() -> None:
    """It says nothing that a person could let in; the message names the way."""
    made = pipeline()
    made.deliver("stock.negatively_adjusted", body(quantity=-2))
    (bad,) = in_quarantine(made)

    with pytest.raises(NotReplayable, match="replay it without --accept"):
        accepted(bad, BAKER, NOW)


def test_what_was_no_delivery_does_not_become_one() -> None:
    """A bad product is its writer's to send again."""
    bad = SetAside(0, 7, NOW, "sku: missing", "khaos.products.v1/0/3", 0, None, None, [], b"{}")

    with pytest.raises(NotReplayable, match=r"came from khaos\.products\.v1/0/3"):
        again(bad, Words(SETTINGS.clarus), NOW)


def test_the_beginning_of_a_record_does_not_go_back_for_the_whole() -> None:
    """What was too large for the quarantine is whole at its origin only."""
    made = pipeline()
    made.deliver("stock.received", b"x" * (QUARANTINED_BYTES_MAX + 5))
    (one,) = in_quarantine(made)

    with pytest.raises(NotReplayable, match="the 5 bytes left out"):
        again(one, Words(SETTINGS.clarus), NOW)


def test_bytes_that_are_no_json_keep_a_key() -> None:
    """What a bridge of the customer's own wrote goes by its hash, as the door would have it."""
    bad = SetAside(
        0, 7, NOW, "no JSON", f"{DELIVERIES.name}/0/3", 0, None, None, [], b"\xff\x00not json"
    )

    one, other = (again(bad, Words(SETTINGS.clarus), NOW) for _ in range(2))

    assert one == other
    assert (one[0] or b"").startswith(b":")
