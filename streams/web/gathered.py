"""One page out of the parts that all owners of a table have of it."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from streams.web.holdings import Holdings
from streams.web.peers import Answered, Peers, Silent

Part = Mapping[str, Any]  # a worker's own page; `partitions` names what it covers


@dataclass(frozen=True, slots=True)
class Gathered:
    """Invariant: every partition is in exactly one of `parts` or `lacks`."""

    parts: list[tuple[frozenset[int], Part]]
    lacks: list[dict[str, Any]]  # partition, its owner if known, and the reason

    @property
    def status(self) -> int:
        """Return 200 for the whole, 206 for a part, 503 for nothing."""
        if not self.lacks:
            return 200
        return 206 if any(covered for covered, _ in self.parts) else 503

    def of(self, name: str) -> Iterator[dict[str, Any]]:
        """Return a list's rows from all parts, each partition's from one worker only."""
        return (
            row
            for covered, part in self.parts
            for row in part.get(name, ())
            if row["partition"] in covered
        )


async def gather(holdings: Holdings, peers: Peers, path: str, own: Part) -> Gathered:
    """Return our own part and those of all other owners, who are asked at once."""
    owners = holdings.owners()
    missing = {url for partition, url in owners.items() if partition not in own["partitions"]}
    others = sorted(missing - {holdings.worker})
    replies = await asyncio.gather(*(peers.ask(worker, path) for worker in others))
    by_worker = dict(zip(others, replies, strict=True))
    parts: list[tuple[frozenset[int], Part]] = []
    lacking = set(range(holdings.partitions))
    for part in [own, *(r.facts for r in replies if isinstance(r, Answered) and r.status == 200)]:
        covered = frozenset(part.get("partitions", ())) & lacking
        lacking -= covered
        parts.append((covered, part))
    lacks = [
        {"partition": p, "worker": owners.get(p), "reason": _reason(owners.get(p), by_worker)}
        for p in sorted(lacking)
    ]
    return Gathered(parts, lacks)


def _reason(owner: str | None, replies: Mapping[str, Answered | Silent]) -> str:
    match replies.get(owner or ""):
        case Silent(reason):
            return reason
        case Answered(status, facts) if status != 200:
            return str(facts.get("reason"))
        case _:
            return "no worker has it now: it is moving"
