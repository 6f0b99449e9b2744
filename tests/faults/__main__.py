"""`uv run python -m tests.faults [NAME ...]`: faults on a real Kafka, each proven to have bitten.

Without names every fault is run, as often as it says itself; the swarm (F22) for `--minutes`.
FAULTS_AWAY_S says how long F7 keeps the broker away, FAULTS_BODIES how many bodies F10 fuzzes.
What the README shows is `campaign.jsonl` beside this, output of `--json` put there by hand.
Exit code 1: a fault did not bite, or something was not as it must be.
"""

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from streams.commands.say import EXIT_INTERRUPTED
from streams.commands.signals import cancel_on_signals
from tests.faults.catalogue import FAULTS
from tests.faults.report import line_of, record_of
from tests.faults.runs import Result, Runs, Wanted


def main() -> int:
    """Run what is asked for, telling as it goes."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it is told what we do to Kafka
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # producers that never started
    asked = arguments()
    try:
        results = asyncio.run(_run(asked))
    except asyncio.CancelledError:
        return EXIT_INTERRUPTED
    return int(not all(result.is_good for result in results))


async def _run(asked: argparse.Namespace) -> list[Result]:
    cancel_on_signals()  # so that a broker and workers do not outlive what started them
    faults = [fault for fault in FAULTS if not asked.names or fault.name in asked.names]
    results: list[Result] = []
    if asked.folder:
        asked.folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="faults-", dir=asked.folder) as folder:
        async for result in Runs(Path(folder), wanted_of(asked)).run(faults):
            results.append(result)
            _tell(result, as_json=asked.json)
    return results


def wanted_of(asked: argparse.Namespace) -> Wanted:
    """Return what the command line asks of every fault."""
    return Wanted(
        times=asked.times,
        minutes=asked.minutes,
        seed=asked.seed,
        a_second=asked.rate,
        keep=asked.keep,
    )


def _tell(result: Result, *, as_json: bool) -> None:
    sys.stdout.write((record_of(result) if as_json else line_of(result)) + "\n")
    sys.stdout.flush()
    for violation in () if as_json else result.violations:
        sys.stdout.write(f"     {violation}\n")


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    names = [fault.name for fault in FAULTS]
    parser.add_argument("names", nargs="*", choices=[[], *names], metavar="NAME")
    parser.add_argument("--times", type=int, help="tries of each, instead of its own number")
    parser.add_argument("--minutes", type=float, default=1.0, help="of the swarm")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=40.0, help="deliveries a second")
    parser.add_argument("--json", action="store_true", help="one JSON object a fault")
    parser.add_argument("--keep", type=Path, help="copy a ground with a violation to here")
    parser.add_argument("--folder", type=Path, help="where the ground is, for its time")
    return parser.parse_args(given)


if __name__ == "__main__":
    sys.exit(main())
