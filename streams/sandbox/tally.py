"""Counts what must become of everything the door took in, by rules of its own.

It knows the meaning of each event and what the mail did to it, and nothing of the ledger's code.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from streams.sandbox.letters import Delivery, Role
from streams.sandbox.tenant import FOREIGN, UNMAPPED
from streams.sandbox.webhooks import DOCUMENTS, Webhook

_OUTCOME = {Role.FIRST: "applied", Role.COPY: "repeated", Role.CONFLICT: "conflict"}


class Tally:
    """Invariant: items = movement + without_effect + foreign + held + quarantined."""

    def __init__(self, opens_at: datetime, without_cost: Collection[str]) -> None:
        self.fates: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self.poison: dict[str, str] = {}
        self._opens_at = opens_at
        self._without_cost = without_cost

    def taken_in(self, delivery: Delivery) -> None:
        """Count what becomes of what the door has, and of its copy if the answer was lost."""
        self._count(delivery, delivery.role)
        if delivery.answer_lost:
            again = Role.COPY if delivery.role is Role.FIRST else delivery.role
            self._count(delivery, again)

    def refused(self, delivery: Delivery, status: int) -> None:
        """Count what the door refused for good: nothing becomes of it."""
        if delivery.poison is not None:
            self.poison[delivery.poison.kind] = f"refused {status}"

    def _count(self, delivery: Delivery, role: Role) -> None:
        self.fates["deliveries"] += 1
        if delivery.poison is not None:
            self.poison[delivery.poison.kind] = "taken in"
            self.fates["items"] += delivery.poison.items
            self.fates["quarantined"] += delivery.poison.items
            return
        for webhook in delivery.webhooks:
            self._judge(webhook, role)

    def _judge(self, webhook: Webhook, role: Role) -> None:
        self.fates["items"] += 1
        if role is Role.FIRST:
            self.events[f"{webhook.resource}.{webhook.event}"] += 1
        fate = _fate_of(webhook)
        self.fates[fate] += 1
        if fate == "movement":
            self._move(webhook, role)

    def _move(self, webhook: Webhook, role: Role) -> None:
        legs = sum(account != FOREIGN for account in webhook.accounts)
        self.fates["movements"] += legs
        if webhook.at < self._opens_at:
            self.outcomes["before_opening"] += legs
            return
        self.outcomes[_OUTCOME[role]] += legs
        if role is Role.FIRST and webhook.moves and self._waits_for_an_entry(webhook):
            self.outcomes["parked"] += legs

    def _waits_for_an_entry(self, webhook: Webhook) -> bool:
        reason = webhook.body.get("reason_code")
        return webhook.sku in self._without_cost or (
            reason is not None and reason["code"] == UNMAPPED
        )


def _fate_of(webhook: Webhook) -> str:
    is_document = webhook.resource in DOCUMENTS
    if not is_document and not webhook.is_movement:
        return "without_effect"
    if webhook.is_foreign:
        return "foreign"
    return "held" if is_document else "movement"
