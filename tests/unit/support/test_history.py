"""The checker checked: a sound history passes, each invariant has one that breaks it."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from streams.topics import (
    AVAILABILITY,
    DELIVERIES,
    EXCEPTIONS,
    JOURNAL,
    MOVEMENTS,
    PRODUCTS,
    QUARANTINE,
    STOCK_CHANGELOG,
    TRANSLATE_CHANGELOG,
)
from tests.support.history import NOT_APPLICABLE, Told, check
from tests.support.history_evidence import End, Partition
from tests.support.made_history import (
    AT,
    AT_MS,
    COST,
    SHELF,
    History,
    card,
    entry,
    sound,
)


def test_a_sound_history_has_no_violation() -> None:
    """What is as it must be is not complained of, what the feeder knows included."""
    told = Told({SHELF: 6_000}, {b'{"id": 2}': 2, b"bad": 1}, (b"canary",))

    assert check(sound().log(), told) == []


def test_a_mark_may_be_said_again_alone() -> None:
    """A lane does so where Kafka has lost the group's offsets, and nothing is taken twice."""
    made = sound()
    made.again(STOCK_CHANGELOG.name, 2)

    assert check(made.log()) == []


@pytest.mark.parametrize(("reached", "invariants"), [("A", {"I10"}), ("B", set())])
def test_while_an_opening_is_under_way_the_offsets_may_stand(
    reached: str, invariants: set[str]
) -> None:
    """Each transaction comes to a later SKU; one that comes to the same is committed twice."""
    made = sound()
    made.again(STOCK_CHANGELOG.name, 1)
    made.again(STOCK_CHANGELOG.name, 2)
    for mark, sku in ((2, "A"), (4, reached)):
        made.spoil(STOCK_CHANGELOG.name, mark, state={"opening": {"reached": sku}})

    assert {found.invariant for found in check(made.log())} == invariants


@pytest.mark.parametrize("cost", [None, "0.0000"])
def test_a_movement_is_parked_as_long_as_there_is_no_cost(cost: str | None) -> None:
    """A cost of zero is none."""
    made = sound()
    _parked(made, cost=cost)

    assert check(made.log()) == []


@pytest.mark.parametrize("version", [0, 1])
def test_an_older_product_tells_no_cost(version: int) -> None:
    """The highest version counts, of two that are the same the first."""
    made = sound()
    _parked(made, cost=None)
    _tell_cost(made, version)
    _take_product(made)

    assert check(made.log()) == []


def test_a_product_set_aside_tells_no_cost() -> None:
    """It did not read, and is counted so."""
    made = sound()
    _parked(made, cost=None)
    _tell_cost(made, 2)
    aside = {"origin": f"{PRODUCTS.name}/0/1", "reason": "its SKU is of another case"}
    made.add(QUARANTINE.name, "", made.records[PRODUCTS.name][1].value, **aside)
    _take_product(made, products=1, products_quarantined=1)

    assert check(made.log()) == []


def test_a_cost_counts_once_its_lane_has_taken_it() -> None:
    """What stands beyond the mark could not be in the books yet: it is only left to take."""
    made = sound()
    _parked(made, cost=None)
    _tell_cost(made, 2)
    made.ends[Partition(PRODUCTS.name, 0)] = End(2, 2)

    assert {violation.invariant for violation in check(made.log())} == {"I4", "I13"}


def test_a_product_known_before_its_place_opens_is_not_stated() -> None:
    """Its card has a version, and no level that anybody may be told."""
    made = sound()
    _waits(made)

    assert check(made.log()) == []


def _waits(made: History) -> None:
    """Have a card of a SKU that is known from its product alone."""
    bare = {"sku": "CUP", "levels": [], "pool": {"units": "0", "pence": 0}}
    seen = {"forgotten_until": None, "chunks": []}
    made.add(STOCK_CHANGELOG.name, "CUP", card(1, "0", -1, 0) | bare | {"seen": seen})


def _tell_cost(made: History, version: int) -> None:
    made.add(PRODUCTS.name, "MUG", made.said(PRODUCTS.name, 0) | {"version": version} | COST)


def _take_product(made: History, **counted: int) -> None:
    mark = made.said(STOCK_CHANGELOG.name, 2)
    reached, counts = mark["next"] | {PRODUCTS.name: 2}, {"products": 2} | counted
    made.spoil(STOCK_CHANGELOG.name, 2, next=reached, counts=mark["counts"] | counts)
    made.ends[Partition(PRODUCTS.name, 0)] = End(2, 2)
    made.committed[Partition(PRODUCTS.name, 0)] = 2


def _wrong_level(made: History) -> None:
    levels = [{"account": "NPK", "site": "LEEDS", "on_hand": "7", "held": "0"}]
    made.spoil(STOCK_CHANGELOG.name, 1, levels=levels)


def _wrong_held(made: History) -> None:
    levels = [{"account": "NPK", "site": "LEEDS", "on_hand": "6", "held": "1"}]
    made.spoil(STOCK_CHANGELOG.name, 1, levels=levels)


def _card_lost(made: History) -> None:
    made.records[STOCK_CHANGELOG.name] = made.records[STOCK_CHANGELOG.name][2:]


def _out_of_balance(made: History) -> None:
    legs = made.said(JOURNAL.name, 0)["postings"]
    made.spoil(JOURNAL.name, 0, postings=[legs[0], legs[1] | {"credit_pence": 499}])


def _wrong_value(made: History) -> None:
    made.spoil(JOURNAL.name, 0, value_pence=1)


def _entered_twice(made: History) -> None:
    made.again(JOURNAL.name, 1)


def _never_entered(made: History) -> None:
    del made.records[JOURNAL.name][1]


def _entry_of_nothing(made: History) -> None:
    made.add(JOURNAL.name, "despatch", entry("m2", 3, "-4", 0))


def _drawn_entry_id(made: History) -> None:
    made.spoil(JOURNAL.name, 1, entry_id="entry:3f0c")


def _translated_twice(made: History) -> None:
    made.again(MOVEMENTS.name, 2)


def _delivery_lost(made: History) -> None:
    made.overwrite(DELIVERIES.name, 1, b"{}")


def _clock_of_another(made: History) -> None:
    made.records[DELIVERIES.name][0] = replace(
        made.records[DELIVERIES.name][0], timestamp=AT_MS + 1
    )


def _body_without_fate(made: History) -> None:
    counts = made.said(TRANSLATE_CHANGELOG.name, 0)["counts"] | {"quarantined": 0}
    made.spoil(TRANSLATE_CHANGELOG.name, 0, counts=counts)


def _movement_lost(made: History) -> None:
    del made.records[MOVEMENTS.name][3]


def _counted_otherwise(made: History) -> None:
    counts = made.said(STOCK_CHANGELOG.name, 2)["counts"] | {"applied": 3, "repeated": 0}
    made.spoil(STOCK_CHANGELOG.name, 2, counts=counts)


def _conflict_not_kept(made: History) -> None:
    del made.records[QUARANTINE.name][1]


def _parked(made: History, *, cost: str | None) -> None:
    """Have the despatch be parked for a cost, as it must be where there is none."""
    made.spoil(PRODUCTS.name, 0, unit_cost_pence=cost)
    del made.records[JOURNAL.name][1]
    made.spoil(STOCK_CHANGELOG.name, 1, pool={"units": "10", "pence": 500})
    despatch = made.said(MOVEMENTS.name, 2)
    source = f"{MOVEMENTS.name}/0/2"
    kept = {"source": source, "offset": 2, "lacks": "E03", "movement": despatch}
    made.add(STOCK_CHANGELOG.name, "\x00parked:2", kept)
    made.add(EXCEPTIONS.name, "E03:MUG", {"exception_id": "E03:MUG", "state": "raised"})


def _parking_untold(made: History) -> None:
    _parked(made, cost=None)
    del made.records[EXCEPTIONS.name][1]


def _conflict_untold(made: History) -> None:
    made.records[EXCEPTIONS.name] = []


def _conflict_cleared(made: History) -> None:
    made.spoil(EXCEPTIONS.name, 0, state="cleared")


def _conflict_deleted(made: History) -> None:
    made.records[EXCEPTIONS.name][0] = replace(made.records[EXCEPTIONS.name][0], value=None)


def _raised_for_nothing(made: History) -> None:
    made.add(EXCEPTIONS.name, "E05:m1", {"exception_id": "E05:m1", "state": "raised"})


def _version_stated_twice(made: History) -> None:
    made.again(AVAILABILITY.name, 1)


def _card_goes_back(made: History) -> None:
    made.records[STOCK_CHANGELOG.name][:2] = made.records[STOCK_CHANGELOG.name][1::-1]


def _stale_statement(made: History) -> None:
    del made.records[AVAILABILITY.name][1]


def _never_stated(made: History) -> None:
    made.records[AVAILABILITY.name] = []


def _stated_before_opening(made: History) -> None:
    _waits(made)
    made.add(AVAILABILITY.name, "CUP", {"version": 1, "available": "0"})


def _stated_without_a_card(made: History) -> None:
    made.add(AVAILABILITY.name, "CUP", {"version": 1, "available": "0"})


def _pool_differs(made: History) -> None:
    made.spoil(STOCK_CHANGELOG.name, 1, pool={"units": "6", "pence": 301})


def _units_differ(made: History) -> None:
    made.spoil(JOURNAL.name, 1, quantity="-5")


def _identity_lost(made: History) -> None:
    made.spoil(STOCK_CHANGELOG.name, 1, seen=card(2, "6", 2, 300, "m1")["seen"])


def _everything_forgotten(made: History) -> None:
    made.spoil(STOCK_CHANGELOG.name, 1, seen={"forgotten_until": AT, "chunks": []})


def _oldest_forgotten_early(made: History) -> None:
    seen = card(2, "6", 2, 300, "m2")["seen"] | {"forgotten_until": AT}
    made.spoil(STOCK_CHANGELOG.name, 1, seen=seen)


def _mark_goes_back(made: History) -> None:
    made.again(STOCK_CHANGELOG.name, 2)
    made.spoil(STOCK_CHANGELOG.name, 2, next={MOVEMENTS.name: 9, PRODUCTS.name: 1})


def _committed_twice(made: History) -> None:
    made.again(STOCK_CHANGELOG.name, 1)
    made.again(STOCK_CHANGELOG.name, 2)


def _said_again_otherwise(made: History) -> None:
    made.again(STOCK_CHANGELOG.name, 2)
    made.spoil(
        STOCK_CHANGELOG.name, 3, counts=made.said(STOCK_CHANGELOG.name, 2)["counts"] | {"parked": 1}
    )


def _movement_written_anew(made: History) -> None:
    said = made.said(QUARANTINE.name, 1)
    made.overwrite(QUARANTINE.name, 1, json.dumps(said, indent=1).encode())


def _no_reason(made: History) -> None:
    line = made.records[QUARANTINE.name][0]
    made.records[QUARANTINE.name][0] = replace(line, headers=line.headers[:1])


def _left_to_take(made: History) -> None:
    made.ends[Partition(DELIVERIES.name, 0)] = End(8, 8)


def _transaction_open(made: History) -> None:
    made.ends[Partition(JOURNAL.name, 0)] = End(2, 3)


def _committed_ahead(made: History) -> None:
    made.committed[Partition(MOVEMENTS.name, 0)] = 6


def _committed_offset_lost(made: History) -> None:
    del made.committed[Partition(MOVEMENTS.name, 0)]


def _secret_written(made: History) -> None:
    line = made.records[QUARANTINE.name][0]
    path = ("original-path", b"/clarus/canary/stock")
    made.records[QUARANTINE.name][0] = replace(line, headers=(*line.headers, path))


OTHER_BYTES: list[Callable[[History], None]] = [
    partial(History.overwrite, topic=QUARANTINE.name, number=number, value=value)
    for number, value in (
        (0, b"good"),
        (0, b""),
        (0, b"ba"),
        (2, b'{"id": 3}'),  # another element
        (2, b'{"id":4}'),  # the element, written anew
        (3, b"too l"),  # more left out than is said
    )
]
CASES: list[tuple[str, Callable[[History], None]]] = [
    ("I1", _wrong_level),
    ("I1", _wrong_held),
    ("I1", _card_lost),
    ("I2", _out_of_balance),
    ("I2", _wrong_value),
    ("I3", _entered_twice),
    ("I3", _never_entered),
    ("I3", _entry_of_nothing),
    ("I3", _drawn_entry_id),
    ("I3", _translated_twice),
    ("I3", partial(_parked, cost="50.0000")),
    ("I4", _delivery_lost),
    ("I4", _clock_of_another),
    ("I4", _body_without_fate),
    ("I4", _movement_lost),
    ("I4", _counted_otherwise),
    ("I4", _conflict_not_kept),
    ("I4", _parking_untold),
    ("I4", _conflict_untold),
    ("I4", _conflict_cleared),
    ("I4", _conflict_deleted),
    ("I4", _raised_for_nothing),
    ("I5", _version_stated_twice),
    ("I5", _card_goes_back),
    ("I6", _stale_statement),
    ("I6", _never_stated),
    ("I6", _stated_before_opening),
    ("I6", _stated_without_a_card),
    ("I7", _pool_differs),
    ("I7", _units_differ),
    ("I9", _identity_lost),
    ("I9", _everything_forgotten),
    ("I9", _oldest_forgotten_early),
    ("I10", _mark_goes_back),
    ("I10", _committed_twice),
    ("I10", _said_again_otherwise),
    ("I10", _card_goes_back),
    *(("I11", spoil) for spoil in OTHER_BYTES),
    ("I11", _movement_written_anew),
    ("I11", _no_reason),
    ("I13", _left_to_take),
    ("I13", _transaction_open),
    ("I15", _committed_ahead),
    ("I15", _committed_offset_lost),
    ("I16", _secret_written),
]


@pytest.mark.parametrize(("invariant", "spoil"), CASES)
def test_each_invariant_catches_what_breaks_it(
    invariant: str, spoil: Callable[[History], None]
) -> None:
    """One thing is wrong, and the invariant that forbids it says so."""
    made = sound()
    spoil(made)

    told = Told(bodies={b'{"id": 2}': 2}, secrets=(b"canary",))
    assert invariant in {violation.invariant for violation in check(made.log(), told)}


def test_the_feeders_own_count_is_held_against_the_movements() -> None:
    """A movement that translate never made is missed by who told it."""
    found = check(sound().log(), Told(levels={SHELF: 7_000}))

    assert [violation.invariant for violation in found] == ["I1"]
    assert found[0].sku == "MUG"


def test_a_violation_names_where_and_what() -> None:
    """Invariant, topic, partition, offset and SKU stand in one line."""
    made = sound()
    _pool_differs(made)

    said = str(check(made.log())[0])
    assert said.startswith(f"I7 at {STOCK_CHANGELOG.name}/0/1 MUG: ")


def test_what_is_not_checked_is_said() -> None:
    """Every invariant of the programme is checked, or is named with its reason."""
    checked = {f"I{number}" for number in (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13, 15)}
    named = {name.partition(",")[0] for name in NOT_APPLICABLE}

    assert {f"I{number}" for number in range(1, 16)} == checked | named
