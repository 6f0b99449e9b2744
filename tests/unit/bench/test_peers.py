"""The comparison with peers: what it counts as wrong, how it measures, what its table shows."""

import json
from collections import Counter

import pytest

from streams.bench import load
from streams.bench.child import BenchFailed
from streams.bench.figures import Figure
from streams.broker.jars import read_lock
from tests.bench.peers import work
from tests.bench.peers.catalogue import OURS
from tests.bench.peers.course import Look, measured, next_entry_s
from tests.bench.peers.java_classes import LOCK_FILE
from tests.bench.peers.plan import QUICK
from tests.bench.peers.side_by_side import ratios
from tests.bench.peers.table import markdown
from tests.bench.peers.topic import told
from tests.bench.peers.truth import Outcome, Truth, wrong


def test_what_is_wrong_is_counted_by_kind() -> None:
    """A level that differs or was never published, an entry that lacks, each one too many."""
    expected = Truth({"a", "b", "c"}, Counter({"MUG": 3, "CUP": -1, "JAR": 2}))
    found = Outcome(Counter({"a": 3, "b": 1}), {"MUG": 3, "CUP": 0})

    assert wrong(found, expected) == {
        "levels_wrong": 2,
        "entries_missing": 1,
        "entries_double": 2,
    }


def test_speed_is_taken_between_two_arrivals_in_kafka() -> None:
    """The first tenth is warming up; CPU is that of the same stretch of time."""
    found = Outcome(appended_ms=[1_000 + 10 * number for number in range(101)])
    looks = [Look(1.0 + n / 10, 0, n * 0.1, 50.0 + n) for n in range(11)]

    run = measured(found, looks)

    assert run["movements_per_s"] == pytest.approx(100)
    assert run["cpu_s_per_million"] == pytest.approx(1e6 * 0.9 / 90)
    assert run["peak_memory_mib"] == 60


def test_a_peer_that_enters_nothing_has_failed() -> None:
    """It committed all, and wrote nothing: there is no speed of that, and the others go on."""
    with pytest.raises(BenchFailed, match="no entry"):
        measured(Outcome(), [Look(1.0, 10, 0.1, 50.0)])


def test_what_a_system_does_not_tell_is_left_out() -> None:
    """No figure of CPU or memory is made of nothing."""
    found = Outcome(appended_ms=[1_000 + 10 * number for number in range(101)])

    assert measured(found, [Look(1.0, 10, 0.0, 0.0)]).keys() == {"movements_per_s"}


def test_a_start_lasts_until_the_next_entry() -> None:
    """Entries of before are another process's."""
    found = Outcome(appended_ms=[1_000, 2_000, 5_500, 5_600])

    assert next_entry_s(found, 3.0) == 2.5


def test_one_movement_in_a_hundred_is_told_twice() -> None:
    """A peer that does not know what it has seen is found out; more follows where it ended."""
    ids = [json.loads(value or b"")["movement_id"] for _, value, _ in told(QUICK, 0, 3_000)]
    later = [json.loads(value or b"")["movement_id"] for _, value, _ in told(QUICK, 3_000, 3_010)]

    assert (len(ids), len(set(ids))) == (3_030, 3_000)
    assert len(set(later) - set(ids)) == 10


def test_a_peer_knows_every_kind_there_is() -> None:
    """Its signs are written down anew, and are those of the load."""
    some = (json.loads(value or b"") for _, value, _ in told(QUICK, 0, 500))

    assert {work.entry(movement)["sku"][:6] for movement in some} == {load.sku(0)[:6]}


def test_the_table_has_a_row_for_who_ran_and_a_line_for_who_did_not() -> None:
    """Nobody is left out in silence."""
    figures = [
        Figure("ours", "movements_per_s", (40_000.0, 50_000.0, 60_000.0)),
        Figure("ours", "levels_wrong", (0.0,)),
        Figure("faust_agent", "movements_per_s", (2_000.0,)),
    ]
    table = markdown([*figures, *ratios(figures)], {"quix_streams": "no network"}, "a machine")

    assert table.splitlines()[0] == "a machine"
    assert f"| {OURS.title} | exactly once | 50,000 |" in table
    assert "| 25.0 |" in table
    assert "Faust, an agent over events | at least once | 2,000 |" in table
    assert table.endswith("quix_streams was skipped: no network")


def test_the_table_shows_the_worst_of_all_runs_in_peace_or_not() -> None:
    """A result that is wrong though nobody disturbed the run is no less wrong."""
    figures = [
        Figure("ours", "levels_wrong_without_a_kill", (0.0, 7.0)),
        Figure("ours", "levels_wrong", (0.0, 3.0)),
        Figure("ours", "entries_missing", (2.0,)),
        Figure("ours", "entries_double_without_a_kill", (5.0,)),
    ]

    assert markdown(figures, {}, "").splitlines()[-1].endswith("| 7 | 2 | 5 |")


def test_kafka_streams_is_of_the_version_of_the_broker() -> None:
    """Its client comes with the broker's jars."""
    versions = {jar.coordinate.split(":")[1]: jar.coordinate.split(":")[2] for jar in read_lock()}
    beside = {
        jar.coordinate.split(":")[1]: jar.coordinate.split(":")[2] for jar in read_lock(LOCK_FILE)
    }

    assert versions["kafka-clients"] == beside["kafka-streams"]
