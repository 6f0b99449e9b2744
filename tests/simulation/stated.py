"""What was said of what may be sold: each statement held to what its SKU had come to by then.

A version counts what has changed a card: every movement applied, the opening of a place where it
has a level, and Khaos's first word of it, after which it is saleable. So a statement tells by its
version, and by that flag, which state it is of. Not held: before which movement that word comes.
"""

from collections.abc import Mapping, Sequence

from streams.topics import AVAILABILITY, PRODUCTS
from tests.simulation.expected import Expected, Said, State, loads, milli
from tests.simulation.kafka import Kafka
from tests.simulation.law import hold_same, hold_true

States = Mapping[str, Sequence[State | None]]


def check_availability(kafka: Kafka, all_expected: Sequence[Expected]) -> None:
    """Hold every statement of a SKU, their order, and the last one to be of all there is."""
    states = {sku: own for each in all_expected for sku, own in each.states.items()}
    last: dict[str, Said] = {}
    for said in map(loads, kafka.all_of(AVAILABILITY.name)):
        _check_order(said, last.get(said["sku"]))
        _check_state(said, states)
        last[said["sku"]] = said
    known = {loads(record)["sku"] for record in kafka.all_of(PRODUCTS.name)}
    ends = {
        sku: (len(own) + (sku in known), sku in known)
        for sku, own in states.items()
        if own[-1] is not None
    }
    said_last = {sku: (said["version"], said["saleable"]) for sku, said in last.items()}
    hold_same("availability", ends, said_last)


def _check_order(said: Said, before: Said | None) -> None:
    if before is not None:
        sku, version, than = said["sku"], said["version"], before["version"]
        hold_true(version > than, f"versions: {sku} {version} after {than}")
        rises = said["saleable"] or not before["saleable"]
        hold_true(rises, f"availability: {sku} is saleable no more at {version}")


def _check_state(said: Said, states: States) -> None:
    sku, version = said["sku"], said["version"]
    own = states.get(sku, ())
    count = version - int(said["saleable"])
    expected = own[count - 1] if 0 < count <= len(own) else None
    hold_true(
        expected is not None, f"availability: {sku} {version} is of no state that may be said"
    )
    hold_same(f"availability: {sku} {version}", {"state": expected}, {"state": _state(said)})
    total = sum(free for *_, free in _state(said).sites)
    says = f"availability: {sku} {version} says {said['available']}, its sites {total} thousandths"
    hold_true(total == milli(said["available"]), says)


def _state(said: Said) -> State:
    rows = sorted(
        (site, milli(own["on_hand"]), milli(own["held"]), milli(own["available"]))
        for site, own in said["sites"].items()
    )
    return State(said["cause"], said["as_of"], tuple(rows))
