"""All peers in one run on one broker, one after another, and what came of it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.bench.child import BenchFailed
from streams.bench.figures import Figure, Run, figures_of, ratio
from streams.bench.ground import Ground, ground
from streams.bench.machine import Cores
from tests.bench.peers import topic
from tests.bench.peers.catalogue import OURS, PEERS
from tests.bench.peers.course import Course
from tests.bench.peers.peer import Command, Peer, Say, Skipped, Workshop
from tests.bench.peers.plan import Sizes, sizes
from tests.bench.peers.table import TIMES, markdown

__all__ = ["NAMES", "Comparison", "sizes"]  # what the command asks for

NAMES = tuple(peer.name for peer in PEERS)
RATE = "movements_per_s"


@dataclass(frozen=True, slots=True)
class Compared:
    """What was measured, and who was not and why."""

    figures: Sequence[Figure]
    skipped: Mapping[str, str]

    def facts(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "figures": [figure.facts() for figure in self.figures],
            "skipped": dict(self.skipped),
        }

    def markdown(self, about: str) -> str:
        """Return the table for people and the README."""
        return markdown(self.figures, self.skipped, about)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Who is compared, at which sizes, and who hears of progress."""

    sizes: Sizes
    names: Sequence[str]
    cores: Cores
    say: Say

    async def run(self, folder: Path, cache: Path) -> Compared:
        """Measure everybody whom this machine can run; needs no Kafka but its own."""
        ready, skipped = await self._prepared(Workshop(folder, cache, self.say))
        figures: list[Figure] = []
        async with ground(folder, cache, self.cores) as at:
            for is_slow in (False, True):
                those = {p: command for p, command in ready.items() if p.is_slow is is_slow}
                figures += await self._in_peace(at, those, skipped)
            for peer, command in ready.items():
                if peer.name not in skipped and (self.sizes.shakes_all or peer is OURS):
                    course = Course(at, self.sizes, peer, command)
                    figures += await self._measured(peer, skipped, course.shaken)
        return Compared([*figures, *ratios(figures)], skipped)

    async def _measured(
        self, peer: Peer, skipped: dict[str, str], measure: Callable[[], Awaitable[Run]]
    ) -> list[Figure]:
        """Return a peer's figures; one that fails, ours apart, does not end the comparison."""
        measures: list[Run] = []
        try:
            for number in range(1, self.sizes.runs + 1):
                self.say(f"{peer.name}, {measure.__name__}: run {number} of {self.sizes.runs}")
                measures.append(await measure())
        except BenchFailed as why:
            if peer is OURS:
                raise
            skipped[peer.name] = f"it failed, {measure.__name__}: {why}"
            self.say(f"{peer.name}: {why}")
        return figures_of(peer.name, measures) if measures else []

    def _movements(self, *, is_slow: bool) -> int:
        return self.sizes.slow_movements if is_slow else self.sizes.fast_movements

    async def _prepared(self, workshop: Workshop) -> tuple[dict[Peer, Command], dict[str, str]]:
        ready: dict[Peer, Command] = {}
        skipped: dict[str, str] = {}
        for peer in PEERS:
            if peer.name in self.names:
                try:
                    ready[peer] = await peer.prepare(workshop)
                except Skipped as why:
                    skipped[peer.name] = str(why)
                    self.say(f"{peer.name} is skipped: {why}")
        return ready, skipped

    async def _in_peace(
        self, at: Ground, those: Mapping[Peer, Command], skipped: dict[str, str]
    ) -> list[Figure]:
        figures: list[Figure] = []
        for number, (peer, command) in enumerate(those.items()):
            if number == 0:
                movements = self._movements(is_slow=peer.is_slow)
                self.say(f"loading {movements:,} movements of {self.sizes.skus:,} SKUs")
                await topic.make(at, self.sizes, movements)
            course = Course(at, self.sizes, peer, command)
            figures += await self._measured(peer, skipped, course.in_peace)
        return figures


def ratios(figures: Sequence[Figure]) -> list[Figure]:
    """Return how many times as fast as each other peer ours is."""
    rates = {figure.bench: figure for figure in figures if figure.measure == RATE}
    return [
        ratio(name, TIMES, rates[OURS.name], rate)
        for name, rate in rates.items()
        if OURS.name in rates and name != OURS.name
    ]
