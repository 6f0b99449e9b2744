"""What goes wrong with a universe's processes and its broker, one function a fault."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from streams.topics import STOCK_CHANGELOG, TRANSLATE_CHANGELOG
from tests.simulation.kafka import MustEnd
from tests.simulation.wiring import PARTITIONS

if TYPE_CHECKING:
    from tests.simulation.world import World

LEADERLESS = 0.6  # of all partitions
EXPIRED_SHARE = 0.5  # of the times that the group's offsets are lost
ENDS_MAX = 4  # transactions that end before there are leaders again

Fault = Callable[["World"], None]


def crash(world: "World") -> None:
    worker = world.random.choice(world.workers)
    world.tally.crashes += bool(worker.lanes) and not worker.is_frozen
    world.end(worker)


def freeze(world: "World") -> None:
    awake = [worker for worker in world.workers if not worker.is_frozen]
    if len(awake) < 2:
        return
    world.tally.freezes += 1
    world.random.choice(awake).is_frozen = True
    world.rebalance()


def leave(world: "World") -> None:
    awake = [worker for worker in world.workers if not worker.is_frozen]
    if len(awake) < 2:
        return
    worker = world.random.choice(awake)
    world.tally.leaves += 1
    world.revoke(worker)
    world.workers.remove(worker)
    world.rebalance()


def lose_answer(world: "World") -> None:
    """Let the broker commit and the worker that asked never hear of it."""
    busy = [
        (worker, running.transactional_id, running.writing)
        for worker in world.workers
        if not worker.is_frozen
        for running in worker.lanes.values()
        if running.writing is not None
    ]
    if not busy:
        return
    worker, transactional_id, writing = world.random.choice(busy)
    heard = object()
    try:
        is_heard = any(next(writing, heard) is heard for _ in range(world.random.randint(1, 8)))
    except MustEnd as why:
        world.note(why)
    else:
        world.tally.lost_answers += not is_heard and world.kafka.was_committed(transactional_id)
    world.end(worker)


def compact(world: "World") -> None:
    gone = 0
    for topic in (STOCK_CHANGELOG.name, TRANSLATE_CHANGELOG.name):
        gone += world.kafka.logs[topic, world.random.randrange(PARTITIONS)].compact()
    world.tally.compactions += gone > 0


def forget(world: "World") -> None:
    """Forget the group's offsets, or fall back to earlier ones: the mark alone is the truth."""
    group = world.kafka.group
    before = dict(group)
    if world.random.random() < EXPIRED_SHARE:
        group.clear()
    else:
        group.update({place: world.random.randint(0, offset) for place, offset in group.items()})
    world.tally.forgotten += group != before


def time_out(world: "World") -> None:
    """End a transaction that took too long, and fence its producer."""
    agent = world.random.choice(world.agents)
    transactional_id = f"{agent.name}-{world.random.randrange(PARTITIONS)}"
    world.tally.timed_out += world.kafka.time_out(transactional_id)


def lose_leaders(world: "World") -> None:
    """Leave some partitions without a leader while the next few transactions end."""
    places = frozenset(place for place in world.kafka.logs if world.random.random() < LEADERLESS)
    world.kafka.lose_leaders(places, world.random.randint(1, ENDS_MAX))


def join(world: "World") -> None:
    """Have one more worker, as far as there may be."""
    world.tally.joins += world.join()


FAULTS: tuple[Fault, ...] = (
    crash,
    freeze,
    join,
    leave,
    lose_answer,
    compact,
    forget,
    time_out,
    lose_leaders,
)
