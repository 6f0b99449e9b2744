"""F4: SIGTERM of a worker under load: it finishes what is open and ends with 0."""

from collections import Counter

from tests.faults.fault import Fault, bites
from tests.faults.ground import Ground

MEAN_S = 0.5


async def strike(ground: Ground) -> Counter[str]:
    """Stop one that holds lanes; the crew starts another.

    Of a whole crew: in the swarm, one that was frozen a moment ago may hold what others have taken
    over, and is then fenced, as it must be, instead of ending in good order.
    """
    await ground.healed()
    worker, _ = await ground.some_holder()
    await ground.moment(MEAN_S)
    code = await ground.crew.leave(worker)

    assert code == 0, f"{worker.name} ended with {code}: {worker.log[-500:]}"
    assert "drain_timed_out" not in worker.log, f"{worker.name} left something open"
    return bites()


FAULT = Fault(
    name="F4",
    title="SIGTERM under load",
    proof="it held lanes, and the feed was on",
    strike=strike,
    tries=5,
)
