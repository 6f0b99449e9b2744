"""What recovery finds for a lane, and what a lane refuses to begin from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.engine.errors import RefusesToRun
from streams.engine.mark import Mark

if TYPE_CHECKING:
    from streams.engine.lane import Lane

REBUILD = "Stop all workers and run `stock rebuild`."
_MADE_ANEW = (
    "Restore the topic, or begin anew: delete the stock-ledger topics and load an opening "
    "(runbook: topic made anew)."
)


@dataclass(frozen=True, slots=True)
class Found:
    """What recovery found for one lane, after the former owner was fenced."""

    changelog: Mapping[bytes, bytes]  # last value by key
    changelog_end: int  # the offset its reading ended at
    committed: Mapping[str, int | None]  # the group's offset by source topic
    beginning: Mapping[str, int]  # first offset kept
    end: Mapping[str, int]  # last stable offset
    last_seen: Mapping[str, str | None]  # fingerprint now at the mark's last offset, if kept

    def behind(self, marked: Mapping[str, int]) -> dict[str, int]:
        """Return those of the group's offsets that are behind the lane's: lost, or expired."""
        committed = {topic: offset or 0 for topic, offset in self.committed.items()}
        return {topic: offset for topic, offset in committed.items() if offset < marked[topic]}


def check_first_start(lane: "Lane", found: Found, image: Mapping[bytes, bytes]) -> None:
    """Raise `RefusesToRun` where a lane without a mark has begun before."""
    committed = {t: o for t, o in found.committed.items() if o}
    if committed or image:
        raise RefusesToRun(
            f"{lane}: the changelog {lane.changelog_topic} holds no mark, but the group had "
            f"come to {committed or 'cards'}: it was lost or made anew. {REBUILD}"
        )


def check_mark(lane: "Lane", mark: Mark, found: Found) -> None:
    """Raise `RefusesToRun` where a mark is not of what Kafka holds."""
    for topic in mark.next_offset.keys() & set(lane.sources):
        marked = mark.next_offset[topic]
        _check_committed(lane, topic, marked, found.committed.get(topic))
        _check_reach(lane, topic, marked, found)
        _check_same_topic(lane, topic, mark, found)


def _check_committed(lane: "Lane", topic: str, marked: int, committed: int | None) -> None:
    # Expired, lost or moved back: the mark alone is the truth, and nothing is taken twice.
    if committed is not None and committed > marked:
        raise RefusesToRun(
            f"{lane}: the group had come to {topic} offset {committed}, the mark stands at "
            f"{marked}. If somebody moved the group's offset, move it back to {marked}. Else "
            f"the end of {lane.changelog_topic} is lost: delete that topic, make it anew "
            "(`stock topics create`), and run `stock rebuild`."
        )


def _check_reach(lane: "Lane", topic: str, marked: int, found: Found) -> None:
    if marked > found.end[topic]:
        raise RefusesToRun(
            f"{lane}: {topic} ends at {found.end[topic]}, but was read to {marked}: "
            f"the topic was made anew. {_MADE_ANEW}"
        )
    if marked < found.beginning[topic]:
        raise RefusesToRun(
            f"{lane}: {topic} begins at {found.beginning[topic]}, but was read only to "
            f"{marked}: records were deleted unread. {_MADE_ANEW}"
        )


def _check_same_topic(lane: "Lane", topic: str, mark: Mark, found: Found) -> None:
    now = found.last_seen.get(topic)
    if now is not None and now != mark.last_seen[topic]:
        raise RefusesToRun(
            f"{lane}: the record of {topic} before offset {mark.next_offset[topic]} is not the "
            f"one that was read: the topic was made anew. {_MADE_ANEW}"
        )
