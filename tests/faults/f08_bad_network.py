"""F8: packets lost, late, few or none on the loopback of a network namespace of the run's own."""

import asyncio
import re
import subprocess
from collections import Counter
from pathlib import Path

from tests.faults.fault import Fault, bites
from tests.faults.ground import Ground

OWN, MACHINES = Path("/proc/self/ns/net"), Path("/proc/1/ns/net")
LASTS_S = 10.0
CONDITIONS = ("loss 30%", "delay 250ms 100ms", "rate 512kbit", "loss 100%")
IN_ITS_OWN = "unshare -n sh -c 'ip link set lo up && uv run python -m tests.faults F8'"

PACKETS = re.compile(r"Sent \d+ bytes (\d+) pkt \(dropped (\d+)")


async def strike(ground: Ground) -> Counter[str]:
    """Spoil the network for a while, then heal it."""
    await ground.flows()
    condition = ground.in_turn(CONDITIONS)
    await asyncio.to_thread(_tc, "qdisc", "add", "dev", "lo", "root", "netem", *condition.split())
    try:
        await asyncio.sleep(LASTS_S)
        said = await asyncio.to_thread(_tc, "-s", "qdisc", "show", "dev", "lo")
    finally:
        await asyncio.to_thread(_tc, "qdisc", "del", "dev", "lo", "root")
    return bites(spoilt(said) > 0, **{condition: 1})


def spoilt(said: str) -> int:
    """Return how many packets netem let through late or dropped, as `tc -s` tells."""
    passed, dropped = PACKETS.findall(said[said.find("netem") :])[0]
    return int(passed) + int(dropped)


def _tc(*arguments: str) -> str:
    return subprocess.run(["tc", *arguments], check=True, capture_output=True, text=True).stdout


def lacks() -> str | None:
    """Return what is missing: the loopback of the machine itself is never touched."""
    probe = "ip link set lo up && tc qdisc add dev lo root netem delay 1ms"
    try:
        done = subprocess.run(
            ["unshare", "-n", "sh", "-c", probe], capture_output=True, check=False
        )
    except OSError:
        return "there is no unshare(1)"
    if done.returncode:
        return f"tc netem does not work here: {done.stderr.decode().strip()[:100]}"
    if OWN.readlink() == MACHINES.readlink():
        return f"it wants a network of its own: {IN_ITS_OWN}"
    return None


FAULT = Fault(
    name="F8",
    title="bad network (tc netem)",
    proof="packets went through it, or were dropped",
    strike=strike,
    tries=4,
    cases=CONDITIONS,
    lacks=lacks,
)
