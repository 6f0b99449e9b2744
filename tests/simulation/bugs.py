"""The planted bugs: the test of the tests. Each must be caught within 200 seeds, every time.

Caught is what breaks a law that is written beside the bug. A plant that no longer fits the program
raises something else, and has caught nothing.

They enter as subclasses and as seams of the model (`worker.Plant`), or replace a function for as
long as one universe lives; nothing in production can switch them on.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

from ledger.errors import BrokenInvariant
from streams.engine.errors import RefusesToRun
from streams.topics import DELIVERIES, PRODUCTS
from tests.simulation import plants
from tests.simulation.worker import Plant

CAUGHT_WITHIN_SEEDS = 200
_BROKEN, _REFUSES = BrokenInvariant.__name__, RefusesToRun.__name__


@dataclass(frozen=True, slots=True)
class Bug:
    """What is wrong, what finds it, and how it is put in."""

    says: str
    caught_by: tuple[str, ...]  # laws of the oracle, and what the program raises on purpose
    plant: Plant = Plant()  # noqa: RUF009 (a frozen value)
    around: Callable[[], AbstractContextManager[Any]] = nullcontext


BUGS: Mapping[str, Bug] = {
    "takes_any_list": Bug(
        "a list fetched before a rebalance or a seek is taken where it begins",
        (_BROKEN, "effect once", "nothing lost", "set aside", "conservation", "fates"),
        Plant(lane=plants.TakesAnything, checks_generation=False),
    ),
    "forgets_identity": Bug(
        "a movement told twice counts twice",
        ("set aside", "conservation"),
        around=plants.without_identity,
    ),
    "random_entry_ids": Bug(
        "an entry's id is drawn, not computed", ("effect once",), around=plants.random_entry_ids
    ),
    "parked_for_ever": Bug(
        "what is parked is not entered when its cost comes",
        ("parked",),
        around=plants.never_entered,
    ),
    "twice_the_quantity": Bug(
        "entries and pools are of twice the quantity",
        ("entries",),
        around=plants.twice_the_quantity,
    ),
    "some_offsets_never": Bug(
        "the group's offsets of deliveries and products are never committed",
        ("offsets",),
        Plant(forgets_offsets_of=(DELIVERIES.name, PRODUCTS.name)),
    ),
    "offsets_before_outputs": Bug(
        "the group's offsets are committed before the outputs",
        (_REFUSES,),
        Plant(commits_offsets_first=True),
    ),
    "no_fencing": Bug(
        "a worker that was frozen goes on writing",
        ("effect once", _BROKEN, "set aside", _REFUSES),
        Plant(fences=False),
    ),
    "silent_quarantine": Bug(
        "what is set aside is not written", ("set aside",), around=plants.silent_quarantine
    ),
    "other_bytes_aside": Bug(
        "a bad record is set aside without its bytes",
        ("set aside",),
        around=plants.other_bytes_aside,
    ),
    "empty_fetch_stands_still": Bug(
        "a fetch that held only markers does not advance the lane",
        ("liveness",),
        Plant(skips_empty_lists=True),
    ),
    "snapshot_after_await": Bug(
        "cards are rendered while the transaction is written",
        ("committed only", _BROKEN, "tie"),
        Plant(lane=plants.CutsLate),
    ),
    "recovery_before_fencing": Bug(
        "the changelog is read before the former owner is fenced",
        (_REFUSES, "effect once", _BROKEN),
        Plant(recovers_before_fencing=True),
    ),
    "begins_before_settled": Bug(
        "a lane begins its next transaction while partitions hold the last one open",
        (_REFUSES, "committed only", "nothing lost", "effect once", "entries", "tie"),
        Plant(settles=False),
    ),
    "aborts_what_was_decided": Bug(
        "whoever takes a lane over aborts what Kafka had committed, and had left markers out of",
        (_REFUSES, "nothing lost", "entries"),
        Plant(asks_before_fencing=False),
    ),
    "first_value_wins": Bug(
        "recovery keeps the first value of a key",
        ("conservation", "set aside", "fates", "tie", "versions", "effect once"),
        Plant(recovers_from=plants.first_value_wins),
    ),
    "reads_aborted": Bug(
        "recovery reads aborted transactions too",
        ("committed only", "entries", "fates", "tie", "conservation"),
        Plant(recovers_from=plants.uncommitted_too),
    ),
    "forgets_holds": Bug("a hold is forgotten", ("held", "fates"), around=plants.forgets_holds),
    "sells_what_is_put_back": Bug(
        "goods that come to a stock record on hold are for sale",
        ("held", "fates"),
        around=plants.sells_what_is_put_back,
    ),
    "forgets_emptied": Bug(
        "a stock record on hold that was emptied is forgotten to be",
        ("held", "fates"),
        around=plants.forgets_emptied,
    ),
    "sells_held": Bug(
        "what may be sold is stated as if nothing were on hold",
        ("availability",),
        around=plants.sells_held,
    ),
    "availability_goes_back": Bug(
        "an older availability follows a newer one", ("versions",), around=plants.availability_again
    ),
    "shown_before_commit": Bug(
        "readers see values that Kafka has not committed",
        ("committed only",),
        Plant(shows_before_commit=True),
    ),
    "opening_forgets_unlisted": Bug(
        "a SKU that the opening does not list is left out",
        ("conservation", "set aside"),
        around=plants.forgets_unlisted,
    ),
    "opening_left_in_the_middle": Bug(
        "who takes a lane over in the middle of an opening does not go on with it",
        ("nothing lost", "fates", "conservation", "set aside", "availability"),
        around=plants.forgets_under_way,
    ),
    "good_is_foreign": Bug(
        "what moved is counted as of a foreign account, and nothing is said of it",
        ("nothing lost",),
        around=partial(plants.reads, plants.foreign),
    ),
    "half_the_quantity": Bug(
        "a delivery is translated to half of its quantity",
        ("nothing lost",),
        around=partial(plants.reads, plants.half),
    ),
    "foreign_let_in": Bug(
        "stock of an account that is not ours is taken for ours",
        ("nothing lost",),
        around=plants.lets_foreign_in,
    ),
    "one_hash_for_all": Bug(
        "a fact told again with other content has the hash of the first",
        ("identity",),
        around=partial(plants.reads, plants.of_one_hash),
    ),
    "double_cost": Bug(
        "entries are valued at twice the cost", ("prices",), around=plants.double_cost
    ),
    "cuts_pennies": Bug(
        "a value is cut to the penny below, not rounded half to even",
        ("prices",),
        around=plants.cuts_pennies,
    ),
    "keeps_residue": Bug(
        "the last unit leaves pence in a pool without units",
        ("prices",),
        around=plants.keeps_residue,
    ),
    "never_revalued": Bug(
        "a new cost changes nothing of the units held", ("prices",), around=plants.never_revalued
    ),
    "states_before_opening": Bug(
        "zero is stated of a SKU none of whose places is open yet",
        ("availability",),
        around=plants.states_before_opening,
    ),
    "states_half_an_opening": Bug(
        "a level is stated that what waits for its place has still to change",
        ("availability",),
        around=plants.states_half_an_opening,
    ),
}
