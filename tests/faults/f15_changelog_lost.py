"""F15: both changelogs lost: workers refuse and name the remedy, `stock rebuild` gives all back."""

from collections import Counter

from streams.topics import STOCK_CHANGELOG, TRANSLATE_CHANGELOG
from tests.faults.fault import Fault, bites
from tests.faults.ground import Ground
from tests.support.kafka import eventually
from tests.support.topics import made_anew

REBUILT_WITHIN_S = 180.0


async def strike(ground: Ground) -> Counter[str]:
    """Kill all workers, lose the changelogs, be refused, rebuild, go on."""
    await ground.crew.kill_workers()
    await made_anew(ground.system.settings, STOCK_CHANGELOG, TRANSLATE_CHANGELOG)
    said = await ground.crew.refusal()

    assert "stock rebuild" in said, said
    await eventually(lambda: _is_rebuilt(ground), REBUILT_WITHIN_S)
    ground.crew.wanted = 2
    return bites()


async def _is_rebuilt(ground: Ground) -> bool:
    """Rebuild; it is refused as long as a killed worker's session runs."""
    code, _, complained = await ground.system.run("rebuild", within_s=REBUILT_WITHIN_S)

    assert code in (0, 78), complained
    return code == 0


FAULT = Fault(
    name="F15",
    title="changelogs lost, `stock rebuild`",
    proof="a worker refused to run on what was left",
    strike=strike,
    tries=2,
)
