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
    world.tally.crashes += 1
    world.end(world.random.choice(world.workers))


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
    world.revoke(worker)
    world.workers.remove(worker)
    world.rebalance()


def lose_answer(world: "World") -> None:
    """Let the broker commit and the worker that asked never hear of it."""
    busy = [
        (worker, running)
        for worker in world.workers
        if not worker.is_frozen
        for running in worker.lanes.values()
        if running.writing is not None
    ]
    if not busy:
        return
    worker, running = world.random.choice(busy)
    world.tally.lost_answers += 1
    try:
        for _ in range(world.random.randint(1, 8)):
            next(running.writing or iter(()), None)
    except MustEnd as why:
        world.note(why)
    world.end(worker)


def compact(world: "World") -> None:
    world.tally.compactions += 1
    for topic in (STOCK_CHANGELOG.name, TRANSLATE_CHANGELOG.name):
        world.kafka.logs[topic, world.random.randrange(PARTITIONS)].compact()


def forget(world: "World") -> None:
    """Forget the group's offsets, or fall back to earlier ones: the mark alone is the truth."""
    world.tally.forgotten += 1
    group = world.kafka.group
    if world.random.random() < EXPIRED_SHARE:
        group.clear()
    else:
        group.update({place: world.random.randint(0, offset) for place, offset in group.items()})


def time_out(world: "World") -> None:
    """End a transaction that took too long, and fence its producer."""
    agent = world.random.choice(world.agents)
    world.kafka.time_out(f"{agent.name}-{world.random.randrange(PARTITIONS)}")


def lose_leaders(world: "World") -> None:
    """Leave some partitions without a leader while the next few transactions end."""
    places = frozenset(place for place in world.kafka.logs if world.random.random() < LEADERLESS)
    world.kafka.lose_leaders(places, world.random.randint(1, ENDS_MAX))


def join(world: "World") -> None:
    """Have one more worker, as far as there may be."""
    world.join()


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
