"""`stock rebuild` on a log in memory: lanes anew from what is left, and begun again from them."""

from collections.abc import Callable

from streams.engine.fold import SourceRecord
from streams.engine.found import Found as Recovered
from streams.engine.lane import Lane, Transaction
from streams.engine.mark import MARK_KEY, fingerprint, parse_mark
from streams.rebuild.run import SOURCES, Ground
from streams.rebuild.standing import Found, first_chart
from streams.rebuild.stock_lane import StockLane
from streams.rebuild.translate_lane import TranslateLane
from streams.topics import AVAILABILITY, DELIVERIES, EXCEPTIONS, JOURNAL, KEEP_STOCK, MOVEMENTS
from streams.verification.verifier import CHANGELOGS
from tests.support.played import Played, new_lane


def lose_changelogs(played: Played) -> None:
    """Lose cards and marks; the group's offsets are all that tells how far the lanes had come."""
    for topic in CHANGELOGS:
        for record in played.records(topic):
            played.drop(record)


def rebuild(played: Played) -> None:
    """Write every lane anew; a second run of it, like the first, changes nothing of the figures."""
    ground = _ground(played)
    for lane in played.lanes:
        found = ground.found[lane.changelog_topic, lane.partition]
        make = _keep_stock if lane.agent == KEEP_STOCK else _translate
        transaction = make(played, ground, found, lane.partition)
        if transaction is not None:
            place = (lane.changelog_topic, lane.partition)
            changelog = [(key, value, []) for key, value in transaction.changelog]
            played.write({**transaction.cut.outputs, place: changelog})
    begin_again(played)


def begin_again(played: Played) -> None:
    """Have every lane begin as a worker would, with the settings of now."""
    played.lanes = [_begun_again(played, lane) for lane in played.lanes]


def _ground(played: Played) -> Ground:
    ground = Ground(
        {(own.changelog_topic, own.partition): _found(played, own) for own in played.lanes}
    )
    takes: dict[str, Callable[[SourceRecord], None]] = {
        JOURNAL.name: ground.remains.take_entry,
        AVAILABILITY.name: ground.remains.take_statement,
        EXCEPTIONS.name: ground.remains.take_notice,
        MOVEMENTS.name: ground.take_movement,
    }
    for topic, take in takes.items():
        for record in played.records(topic):
            take(record)
    return ground


def _found(played: Played, lane: Lane) -> Found:
    return Found(
        image=played.image(lane.changelog_topic, lane.partition),
        committed=dict(lane.committed_offset),
        end={topic: played.end(topic, lane.partition) for topic in lane.sources},
    )


def _keep_stock(played: Played, ground: Ground, found: Found, partition: int) -> Transaction | None:
    published = ground.remains.lanes[partition]
    until = found.until(published=published.reached, caught_up=False)
    assert until is not None
    chart = first_chart(found, published, ground.announced[partition], played.settings)
    lane = StockLane(partition, played.settings, chart, published)
    for topic in SOURCES[lane.changelog_topic]:
        lane.take([r for r in played.log[topic, partition] if r.offset < until[topic]])
    return lane.transaction(until, found.image, ground.remains)


def _translate(played: Played, ground: Ground, found: Found, partition: int) -> Transaction | None:
    delivered = ground.remains.delivered.get(partition, 0)
    until = found.until(published={DELIVERIES.name: delivered}, caught_up=False)
    if MARK_KEY in found.image or until is None:
        return None
    lane = TranslateLane(partition, played.settings)
    taken = played.log[DELIVERIES.name, partition]
    lane.take([record for record in taken if record.offset < until[DELIVERIES.name]])
    return lane.transaction(until)


def _begun_again(played: Played, lane: Lane) -> Lane:
    """Return a lane that begins as a worker would, from what the changelog holds now."""
    image = played.image(lane.changelog_topic, lane.partition)
    nothing = dict.fromkeys(lane.sources, 0)
    marked = {
        record.topic: fingerprint(record)
        for topic, last in parse_mark(image[MARK_KEY]).last_seen.items()
        for record in played.log[topic, lane.partition]
        if last.startswith(f"{record.offset}:")
    }
    begun = new_lane(played.settings, lane.agent, lane.partition)
    begun.start(
        Recovered(
            image,
            played.end(lane.changelog_topic, lane.partition),
            dict(lane.committed_offset),
            nothing,
            {topic: played.end(topic, lane.partition) for topic in lane.sources},
            dict.fromkeys(lane.sources) | marked,
        )
    )
    return begun
