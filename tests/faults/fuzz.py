"""Bodies nobody would send: sound ones bent, cut and mixed. `python -m tests.faults.fuzz N SEED`.

The law for each: nothing is raised, and each item of it has one fate.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from random import Random
from typing import Any

from streams.clarus.delivery import EVENT, RESOURCE
from streams.clarus.fates import FATES
from streams.sandbox.poison import KINDS
from streams.settings import Settings
from streams.translate import Translate
from tests.support.records import Delivered, adjusted, on_hold

EVENTS = (*FATES, ("stock", "vanished"), ("", ""), ("stock\n", "received"))
FATES_OF_ITEMS = ("movement", "without_effect", "foreign", "held", "quarantined")
AT = datetime(2011, 1, 3, 12, tzinfo=UTC)
LANE_OF = 5_000  # bodies one lane takes; then another begins
SETTINGS = Settings.model_validate(
    {"clarus": {"tenant": "fernhill", "accounts": ["FERN", "FERN2"]}}
)
ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        2**63,
        -(2**63),
        10**400,
        1e308,
        0.1 + 0.2,
        "",
        " ",
        "0",
        "-0",
    ),
    *(
        "NaN",
        "6.0",
        "6,0",
        "\uff11\uff12",
        "1e3",
        "\x00",
        "\x00mark",
        "\ud800",
        "\U0001d7db",
        "a" * 70,
        "A\nB",
        "9" * 40,
    ),
    *("2011-02-30T10:00:00Z", "9999-12-31T23:59:59Z", "0000-00-00", "2012-02-29T23:59:60Z"),
    *(
        "2011-10-30T01:30:00+01:00",
        "1969-12-31T23:59:59Z",
        [],
        {},
        [[]],
        [{}],
        {"id": {}},
        {"": ""},
    ),
)


def fuzzed(dice: Random) -> bytes:
    """Return one body: bent in its values, then perhaps in its bytes."""
    ways: tuple[Callable[[Random], bytes], ...] = (_bent, _bent, _bent, _listed, _torn, _noise)
    return dice.choice(ways)(dice)


def _bent(dice: Random) -> bytes:
    return _dumps(_bend(dice, _sound(dice)))


def _listed(dice: Random) -> bytes:
    several = [_bend(dice, _sound(dice)) for _ in range(dice.randrange(4))]
    return _dumps(dice.choice((several, {"data": several}, {"data": {"attributes": several}})))


def _torn(dice: Random) -> bytes:
    body = bytearray(_dumps(_sound(dice)))
    for _ in range(dice.randint(1, 4)):
        body[dice.randrange(len(body))] = dice.randrange(256)
    return bytes(body[: dice.randint(1, len(body))]) if dice.random() < 0.3 else bytes(body)


def _noise(dice: Random) -> bytes:
    return dice.randbytes(dice.randrange(200))


def _sound(dice: Random) -> dict[str, Any]:
    made: Callable[..., dict[str, Any]] = dice.choice((adjusted, on_hold))
    return json.loads(json.dumps(made(id=f"FUZZ-{dice.randrange(10**9)}")))


def _bend(dice: Random, fields: dict[str, Any]) -> dict[str, Any]:
    for _ in range(dice.randint(1, 3)):
        name = dice.choice(sorted(fields))
        inner = fields[name]
        if isinstance(inner, dict) and inner and dice.random() < 0.6:
            inner[dice.choice(sorted(inner))] = deepcopy(dice.choice(ODD))
        elif dice.random() < 0.2:
            del fields[name]
        else:
            fields[name] = deepcopy(dice.choice(ODD))  # it may be bent in its turn
        if not fields:
            break
    return fields


def _dumps(value: Any) -> bytes:
    return json.dumps(value).encode()


def fuzz(bodies: int, seed: int) -> Counter[str]:
    """Translate so many bodies; return their fates. Whatever is raised is a finding."""
    dice = Random(seed)  # noqa: S311 (a failure is found again by its seed)
    fates: Counter[str] = Counter()
    for first in range(0, bodies, LANE_OF):
        lane = Translate(0, SETTINGS)
        for offset in range(min(LANE_OF, bodies - first)):
            _take(lane, dice, offset)
        counts = lane.cut().counts
        assert counts["items"] == sum(counts.get(fate, 0) for fate in FATES_OF_ITEMS), counts
        fates.update({fate: counts.get(fate, 0) for fate in FATES_OF_ITEMS})
    return fates


def _take(lane: Translate, dice: Random, offset: int) -> None:
    body = fuzzed(dice) if dice.random() < 0.98 else dice.choice(KINDS).make(offset, AT)
    resource, event = dice.choice(EVENTS)
    said = [(RESOURCE, resource.encode()), (EVENT, event.encode())]
    try:
        lane.fold([Delivered(body, said, offset)])
    except Exception as error:
        raise AssertionError(f"{resource}.{event} {body!r}: {error!r}") from error


def main() -> None:
    """Fuzz, and print the fates."""
    bodies, seed = map(int, sys.argv[1:])
    sys.stdout.write(json.dumps(fuzz(bodies, seed)))


if __name__ == "__main__":
    main()
