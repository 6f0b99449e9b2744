"""What goes wrong on the way: the same webhooks, told twice, late, crossed, altered or not at all.

What happened first is never told with other content first: a copy leaves only after its original.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from heapq import heappop, heappush
from itertools import count
from random import Random

from streams.sandbox.envelopes import headers_of, render
from streams.sandbox.letters import Delivery, Role, in_arrays, poison_letter
from streams.sandbox.scenario import Faults
from streams.sandbox.webhooks import HOLD, RELEASE, Body, Webhook

LATE = (40, 160)  # deliveries that overtake what is told late
DELAYED = (100, 400)
COPY_AFTER = (1, 40)  # deliveries between an original and its copy
CROSSED_MAX = 300  # what waits for a later one of its SKU to overtake it leaves then anyway


class Mail:
    """Turns days of webhooks into deliveries; draws only from the chance it is given."""

    def __init__(self, faults: Faults, chance: Random) -> None:
        self.counts: Counter[str] = Counter()
        self.lost: list[Webhook] = []
        self.conflicting: list[str] = []
        self._faults = faults
        self._chance = chance
        self._waiting: list[tuple[int, int, Delivery]] = []  # by the place where they leave
        self._crossed: dict[str, tuple[int, Delivery]] = {}  # by SKU, with their latest place
        self._place = 0
        self._clock = datetime.min.replace(tzinfo=UTC)
        self._numbers = count()

    def day(self, webhooks: list[Webhook], *, is_last: bool) -> Iterator[Delivery]:
        """Return a day's deliveries; what is still on its way comes with a later day."""
        one_by_one = self._one_by_one(webhooks, is_last=is_last)
        return in_arrays(one_by_one, self._faults.arrays_share, self._chance, self.counts)

    def _one_by_one(self, webhooks: list[Webhook], *, is_last: bool) -> Iterator[Delivery]:
        may_conflict = [place for place, webhook in enumerate(webhooks) if _may_conflict(webhook)]
        altered = self._some(may_conflict, self._faults.conflicts)
        poisoned = Counter(self._chance.choices(range(len(webhooks) or 1), k=self._faults.poison))
        for place, webhook in enumerate(webhooks):
            self._place += 1
            for _ in range(poisoned[place]):
                self.counts.update(("poison", "deliveries"))
                at = max(self._clock, webhook.at)
                yield poison_letter(self.counts["poison"], at, self._faults)
            self._post(webhook, alter=place in altered)
            yield from self._leaving(webhook.at)
        if is_last:
            yield from self._rest()

    def _post(self, webhook: Webhook, *, alter: bool) -> None:
        faults, draw = self._faults, self._chance.random
        if not alter and not webhook.in_order and webhook.moves and draw() < faults.lost_share:
            self.lost.append(webhook)
            self.counts["lost"] += 1
            return
        delivery = self._delivery(webhook, Role.FIRST)
        if alter:
            delivery = replace(delivery, is_alone=True)
        if webhook.late and not webhook.in_order:
            self.counts["late"] += 1
            self._leave_after(delivery, self._between(LATE))
        elif not webhook.in_order and draw() < faults.delayed_share:
            self.counts["delayed"] += 1
            self._leave_after(delivery, self._between(DELAYED))
        elif self._crosses(webhook):
            self.counts["reordered"] += 1
            self._crossed[webhook.sku or ""] = (self._place + CROSSED_MAX, delivery)
        else:
            self._leave_after(delivery, 0)
            self._uncross(webhook.sku)
        if alter:
            self._alter(webhook)

    def _crosses(self, webhook: Webhook) -> bool:
        return (
            webhook.sku is not None
            and not webhook.in_order
            and webhook.sku not in self._crossed
            and self._chance.random() < self._faults.reordered_share
        )

    def _uncross(self, sku: str | None) -> None:
        """Something of a SKU leaves: what waited to be overtaken leaves after it."""
        _, waited = self._crossed.pop(sku or "", (0, None))
        if waited is not None:
            self._leave_after(waited, 0)

    def _leaving(self, now: datetime) -> Iterator[Delivery]:
        for sku in [sku for sku, (last, _) in self._crossed.items() if last <= self._place]:
            self._uncross(sku)
        while self._waiting and self._waiting[0][0] <= self._place:
            self._clock = max(self._clock, now)
            yield from self._hand_over(replace(heappop(self._waiting)[2], due=self._clock))

    def _rest(self) -> Iterator[Delivery]:
        for sku in list(self._crossed):
            self._uncross(sku)
        while self._waiting:
            self._place = max(self._place, self._waiting[0][0])
            yield from self._leaving(self._waiting[0][2].due)

    def _hand_over(self, delivery: Delivery) -> Iterator[Delivery]:
        """Let one leave; its copies follow once it has left."""
        self.counts["deliveries"] += 1
        yield delivery
        if delivery.role is not Role.FIRST:
            return
        webhook = delivery.webhook
        if self._chance.random() < self._faults.duplicates_share:
            self.counts["duplicates"] += 1
            copy = replace(delivery, role=Role.COPY, breaks=False, answer_lost=False)
            # Between a hold and its copy nothing may come: the copy would undo a release.
            if webhook is not None and webhook.in_order:
                self.counts["deliveries"] += 1
                yield copy
            else:
                self._leave_after(copy, self._between(COPY_AFTER))

    def _alter(self, webhook: Webhook) -> None:
        self.counts["conflicts"] += 1
        self.conflicting.append(webhook.name)
        body = webhook.body | {"quantity": webhook.body["quantity"] + 1}
        altered = self._delivery(replace(webhook, body=body), Role.CONFLICT)
        # After everything that can hold the original up.
        self._leave_after(altered, DELAYED[1] + CROSSED_MAX + self._between(COPY_AFTER))

    def _delivery(self, webhook: Webhook, role: Role) -> Delivery:
        faults = self._faults
        breaks = self._chance.random() < faults.dropped_share
        answer_lost = self._chance.random() < faults.answers_lost_share
        self.counts["dropped"] += breaks
        self.counts["answers_lost"] += answer_lost
        body: Body = webhook.body
        if faults.negative_sign and webhook.event == "negatively_adjusted":
            body = body | {"quantity": -body["quantity"]}
        return Delivery(
            role,
            (webhook.resource, webhook.event),
            render(body, faults, self._chance),
            headers_of((webhook.resource, webhook.event)),
            webhook.at,
            webhook,
            breaks=breaks,
            answer_lost=answer_lost,
            is_alone=breaks or answer_lost or webhook.in_order,
        )

    def _leave_after(self, delivery: Delivery, deliveries: int) -> None:
        heappush(self._waiting, (self._place + deliveries, next(self._numbers), delivery))

    def _between(self, bounds: tuple[int, int]) -> int:
        return self._chance.randint(*bounds)

    def _some(self, places: list[int], wanted: int) -> frozenset[int]:
        return frozenset(self._chance.sample(places, min(wanted, len(places))))


def _may_conflict(webhook: Webhook) -> bool:
    """Return whether another quantity would be seen: a movement, not the state of a record."""
    return (
        webhook.is_movement
        and not webhook.is_foreign
        and len(webhook.accounts) == 1
        and webhook.event not in (HOLD, RELEASE)
    )


def in_order_of(webhooks: Iterable[Webhook]) -> list[Webhook]:
    """Return webhooks by the time they happened, ties as they were told."""
    return sorted(webhooks, key=lambda webhook: webhook.at)
