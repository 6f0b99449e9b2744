"""`uv run python -m tests.simulation --seeds N [--from K]`, or `--seed K` for one universe.

A universe that fails is named by its seed; the same command with `--seed` shows it again.
Not covered: more than one broker, disks that lie, clocks that jump, a kill between fencing a former
owner and ending what it left hanging (taking over is one step), goods that leave a hold without
naming their stock record, holds ordered by a clock of the body, and the code of Faust and aiokafka
itself.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from itertools import chain

from streams.engine.memory import calm_collector
from tests.simulation.bugs import BUGS
from tests.simulation.world import World, run_seed

CHUNK = 50  # seeds a process takes at a time
FAILURES_SHOWN_MAX = 10


def main() -> int:
    """Run the universes asked for; return 1 if one of them violates an invariant."""
    asked = _arguments()
    if asked.seed is not None:
        return _one(asked.seed, asked.bug)
    return _many(range(asked.first, asked.first + asked.seeds), asked.processes)


def _one(seed: int, bug: str | None) -> int:
    if bug is not None:
        with BUGS[bug].around():
            violation = run_seed(seed, BUGS[bug].plant)
        _say(f"seed {seed} with {bug}: {violation or 'holds'}")
        return int(violation is not None)
    world = World(seed)
    try:
        _say(f"seed {seed} holds: {asdict(world.run())}")
    except Exception as violation:
        _say(f"seed {seed}: {violation} {asdict(world.tally)}")
        raise
    return 0


def _many(seeds: range, processes: int) -> int:
    started = time.monotonic()
    chunks = [seeds[at : at + CHUNK] for at in range(0, len(seeds), CHUNK)]
    with ProcessPoolExecutor(processes) as pool:
        results = list(pool.map(_timed_chunk, chunks))
    took_s = time.monotonic() - started
    cpu_s = sum(spent_s for spent_s, _, _ in results)
    tally = sum((counts for _, counts, _ in results), Counter[str]())
    failures = list(chain.from_iterable(failed for _, _, failed in results))
    faults = {name: number for name, number in sorted(tally.items()) if name != "steps"}
    _say(f"{len(seeds)} seeds in {took_s:.0f} s, {len(seeds) / took_s / processes:.0f} a second")
    _say(f"and core on {processes} cores, {len(seeds) / cpu_s:.0f} a CPU second")
    _say(f"faults that bit: {faults}")
    for seed, violation in failures[:FAILURES_SHOWN_MAX]:
        _say(f"seed {seed}: {violation}")
    _say(f"{len(seeds) - len(failures)} hold, {len(failures)} do not")
    return int(bool(failures))


def _timed_chunk(seeds: Iterable[int]) -> tuple[float, Counter[str], list[tuple[int, str]]]:
    began_s = time.process_time()  # what other processes take of the core is not counted
    tally, failures = run_chunk(seeds)
    return time.process_time() - began_s, tally, failures


def run_chunk(seeds: Iterable[int]) -> tuple[Counter[str], list[tuple[int, str]]]:
    """Return what happened in these universes, and the seeds that failed."""
    calm_collector()
    tally: Counter[str] = Counter()
    failures: list[tuple[int, str]] = []
    for seed in seeds:
        world = World(seed)
        try:
            tally.update(asdict(world.run()))
        except Exception as violation:  # noqa: BLE001 (any failure of a universe is a finding)
            failures.append((seed, f"{type(violation).__name__}: {violation}"))
    return tally, failures


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--bug", choices=sorted(BUGS))
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
