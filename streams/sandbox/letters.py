"""One call of the door: what it carries, what it is to its receiver, what befalls it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from random import Random

from streams.sandbox.envelopes import headers_of
from streams.sandbox.poison import KINDS, Poison
from streams.sandbox.scenario import Faults
from streams.sandbox.webhooks import Webhook

# Records and bytes told in one call at the most: the next begins another. Half of what the door
# takes unless it is set otherwise.
ARRAY_MAX, ARRAY_BYTES_MAX = 50, 131_072
KIND_STEP = 17  # shares no factor with the number of kinds


class Role(Enum):
    """What a delivery is to its receiver."""

    FIRST = auto()
    COPY = auto()  # the same bytes again
    CONFLICT = auto()  # the same id with another quantity
    POISON = auto()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One call of the door."""

    role: Role
    event: tuple[str, str]
    body: bytes
    headers: dict[str, str]
    due: datetime  # by Clarus's clock: when it is told, not when it happened
    webhook: Webhook | None  # none: poison
    poison: Poison | None = None
    breaks: bool = False  # the first attempt does not reach the door
    answer_lost: bool = False  # the first answer does not reach Clarus
    is_alone: bool = False  # its order matters, or it goes wrong: not told in one call with others
    more: tuple[Webhook, ...] = ()  # told in the same call, after `webhook`

    @property
    def webhooks(self) -> tuple[Webhook, ...]:
        """Return all that it tells; nothing if it is poison."""
        return () if self.webhook is None else (self.webhook, *self.more)

    @property
    def order_key(self) -> str:
        """Return what keeps its order: a SKU, else the record itself."""
        webhook = self.webhook
        if webhook is None:
            return "poison"
        return webhook.sku or f"{webhook.resource}:{webhook.subject}"


def poison_letter(number: int, at: datetime, faults: Faults) -> Delivery:
    """Return a malformed body of the next kind; a round of numbers visits every kind once."""
    kinds = [k for k in KINDS if not (k.if_sign_is_checked and faults.negative_sign)]
    kind = kinds[number * KIND_STEP % len(kinds)]
    headers = headers_of(kind.event) | {"Content-Type": kind.content_type}
    return Delivery(
        Role.POISON, kind.event, kind.make(number, at), headers, at, webhook=None, poison=kind
    )


def in_arrays(
    deliveries: Iterable[Delivery], share: float, chance: Random, counts: Counter[str]
) -> Iterator[Delivery]:
    """Return the same, some told in one call with those before them of the same event."""
    together: list[Delivery] = []
    for delivery in deliveries:
        if together and not (_may_share(together, delivery) and chance.random() < share):
            yield _as_one(together, counts)
            together = []
        together.append(delivery)
    if together:
        yield _as_one(together, counts)


def _may_share(together: list[Delivery], other: Delivery) -> bool:
    both = (together[-1], other)
    return (
        len(together) < ARRAY_MAX
        and both[0].event == other.event
        and all(each.role is Role.FIRST and not each.is_alone for each in both)
        and sum(len(each.body) for each in (*together, other)) < ARRAY_BYTES_MAX
    )


def _as_one(together: list[Delivery], counts: Counter[str]) -> Delivery:
    first, *more = together
    if not more:
        return first
    counts["arrays"] += 1
    counts["deliveries"] -= len(more)
    body = b"[" + b",".join(each.body for each in together) + b"]"
    return replace(first, body=body, more=tuple(each for one in more for each in one.webhooks))
