"""Where and when a record arrived, and what can become of it."""

from datetime import datetime

from ledger.held import Held
from ledger.immutable import immutable
from ledger.movement import Movement
from streams.clarus.fates import Event


@immutable
class Arrival:
    """Of one record of a delivery: what its body does not say."""

    tenant: str
    event: Event
    received_at: datetime  # UTC, Kafka's clock
    delivery: str  # topic/partition/offset
    number: int = 0  # of the record in its delivery

    @property
    def id(self) -> str:
        """Return the beginning of the ids of everything this record tells."""
        resource, event = self.event
        return f"clarus:{self.tenant}:{resource}.{event}"


@immutable
class Moved:
    """Stock moved: all of it, or (refused) nothing."""

    movements: tuple[Movement, ...]


@immutable
class Foreign:
    """Stock of an account that is not this company's: counted, never kept."""


@immutable
class HeldBack:
    """Kept for a capability to come."""

    held: Held
