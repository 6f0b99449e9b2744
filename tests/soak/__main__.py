"""`uv run python -m tests.soak`: door, worker and Kafka at a steady rate for two hours.

Exit code 1: a process ended, grew by more than what it must remember and 2 MiB/h, or opened files
on and on; or the history is not as it must be, or `stock verify` finds something.
"""

import argparse
import asyncio
import logging
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from streams.commands.say import EXIT_INTERRUPTED
from streams.commands.signals import cancel_on_signals
from streams.demo.alongside import alongside
from tests.faults.ground import Ground
from tests.soak.report import Soaked, told
from tests.soak.samples import S_PER_HOUR, Samples

DELIVERIES_A_DAY = 800  # at the least, of a day of the feed's lines
APPLIED = "applied"


def main() -> int:
    """Soak, tell, and say by the exit code whether all was well."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the last metadata of a clean stop
    asked = _arguments()
    if asked.folder is not None:
        asked.folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="soak-", dir=asked.folder) as folder:
        try:
            soaked = asyncio.run(_soak(Path(folder), asked))
        except asyncio.CancelledError:
            return EXIT_INTERRUPTED
    sys.stdout.write(told(soaked))
    return int(bool(soaked.wrong()))


async def _soak(folder: Path, asked: argparse.Namespace) -> Soaked:
    cancel_on_signals()  # so that a broker and workers do not outlive what started them
    days = int(60 * asked.minutes * asked.rate / DELIVERIES_A_DAY) + 10
    # One worker holds everything: its growth is all the growth there is.
    ground = Ground(folder, seed=asked.seed, a_second=asked.rate, days=days, workers=1)
    samples = Samples(ground)
    async with ground, alongside(samples.take()):
        async with ground.feeding():
            await asyncio.sleep(60 * asked.warm_up)
            began_s, before = time.monotonic(), await ground.system.counts()
            sent = ground.feed.sent
            await asyncio.sleep(60 * (asked.minutes - asked.warm_up))
            took_s = time.monotonic() - began_s
            sent = ground.feed.sent - sent
            growths = samples.growths(began_s)
            after = await ground.system.counts()
        drained_s = await ground.drained()
        wrong = [str(violation) for violation in await ground.violations()]
        wrong += [f"{name} ended" for name in ground.crew.exits]
    applied = after[APPLIED] - before[APPLIED]
    return Soaked(
        rate=asked.rate,
        minutes=asked.minutes,
        warm_up=asked.warm_up,
        sent_per_s=sent / took_s,
        applied_per_h=applied / took_s * S_PER_HOUR,
        growths=growths,
        drained_s=drained_s,
        found=wrong,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=120.0, help="in all")
    parser.add_argument("--warm-up", type=float, default=15.0, help="minutes not counted")
    parser.add_argument("--rate", type=float, default=100.0, help="deliveries a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the ground is, for its time")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
