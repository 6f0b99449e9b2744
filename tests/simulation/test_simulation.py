"""Universes in which anything may fail: what must hold, holds; and what is planted, is found."""

import subprocess
import sys
from dataclasses import fields

import pytest

from streams.engine.lane import Lane, Transaction
from tests.simulation.__main__ import run_chunk
from tests.simulation.bugs import BUGS, CAUGHT_WITHIN_SEEDS
from tests.simulation.kafka import Fenced, Kafka
from tests.simulation.worker import Plant
from tests.simulation.world import Tally, World, run_seed

SEEDS = 150
SEEDS_LONG = 5_000


@pytest.mark.timeout(120)
def test_every_universe_holds() -> None:
    """Effect once, nothing lost, books balance, rebuildable, live: whatever fails, and it does."""
    tally, failures = run_chunk(range(SEEDS))

    assert failures == []
    never = [kind.name for kind in fields(Tally) if not tally[kind.name]]
    assert never == []


@pytest.mark.long
@pytest.mark.timeout(1_200)
def test_thousands_of_universes_hold() -> None:
    """The same, for as many as a gate may wait for, on every core."""
    asked = ("--from", str(SEEDS), "--seeds", str(SEEDS_LONG))
    command = (sys.executable, "-m", "tests.simulation", *asked)
    told = subprocess.run(command, capture_output=True, check=False, text=True)

    assert told.stdout.splitlines()[-1:] == [f"{SEEDS_LONG} hold, 0 do not"], told


@pytest.mark.parametrize("name", BUGS)
def test_planted_bug_is_caught(name: str) -> None:
    """A checker that finds nothing proves nothing: each is found, and by what looks for it."""
    bug = BUGS[name]
    with bug.around():
        violations = (run_seed(seed, bug.plant) for seed in range(CAUGHT_WITHIN_SEEDS))
        first = next(filter(None, violations), "nothing: it holds")

    assert first.partition(":")[0] in bug.caught_by, f"{bug.says}: {first}"


def test_plant_that_does_not_fit_catches_nothing() -> None:
    """A mistake of the plant's own is no finding: it comes out as it is."""

    class Unfit(Lane):
        def cut(self) -> Transaction | None:
            raise AttributeError("no such name")

    with pytest.raises(AttributeError, match="no such name"):
        run_seed(0, Plant(lane=Unfit))


def test_same_seed_is_the_same_universe() -> None:
    """A failure can be shown again: every record of every topic comes out the same."""
    first, second = World(7), World(7)
    first.run()
    second.run()

    assert first.kafka.logs.keys() == second.kafka.logs.keys()
    for place, log in first.kafka.logs.items():
        ours = [slot.record for slot in log.slots]
        assert ours == [slot.record for slot in second.kafka.logs[place].slots], place


def test_model_shows_what_is_committed_and_nothing_after_an_open_transaction() -> None:
    """As Kafka does: markers take offsets, read_committed ends at the first open transaction."""
    kafka, place = Kafka(), ("topic", 0)
    for transaction, end in (("a", "commit"), ("b", "abort"), ("c", "stay open")):
        epoch = kafka.start(transaction)
        kafka.begin(transaction, epoch)
        kafka.write(transaction, epoch, place, [(b"k", transaction.encode(), [])])
        if end == "commit":
            kafka.commit(transaction, epoch, {})
        elif end == "abort":
            kafka.end_open(transaction)
    kafka.append(place, (b"k", b"plain", []))
    records, position = kafka.read(place, 0, 100)

    assert [record.value for record in records] == [b"a"]
    assert position == 4  # two records, two markers; then the open one


def test_model_fences_the_former_holder() -> None:
    """Starting an id again aborts what it had open, and its former holder can write no more."""
    kafka, place = Kafka(), ("topic", 0)
    old = kafka.start("lane")
    kafka.begin("lane", old)
    kafka.write("lane", old, place, [(b"k", b"zombie", [])])
    kafka.start("lane")

    with pytest.raises(Fenced):
        kafka.commit("lane", old, {})
    assert kafka.read(place, 0, 10) == ([], 2)


def test_model_leaves_out_markers_where_there_is_no_leader() -> None:
    """As Kafka 4.4 does: complete for its coordinator, open in the partition, ended by the next."""
    kafka, deaf, heard = Kafka(), ("deaf", 0), ("heard", 0)
    epoch = kafka.start("lane")
    kafka.lose_leaders([deaf], ends=1)
    for value in (b"first", b"second"):
        kafka.begin("lane", epoch)
        kafka.write("lane", epoch, deaf, [(b"k", value, [])])
        kafka.write("lane", epoch, heard, [(b"k", value, [])])
        if value == b"first":
            kafka.commit("lane", epoch, {})
            assert kafka.was_committed("lane")
            assert kafka.read(deaf, 0, 10) == ([], 0)
        else:
            kafka.end_open("lane")

    assert not kafka.hangs("lane")
    assert kafka.read(deaf, 0, 10) == ([], 3)  # the first went with the second
    assert [record.value for record in kafka.read(heard, 0, 10)[0]] == [b"first"]
