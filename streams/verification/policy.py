"""What of the settings the figures depend on, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from streams.verification.owners import Owners


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings in force now; what was reckoned under others may be found to differ."""

    partitions: int
    time_zone: ZoneInfo
    holds_by_body_clock: bool = False
    no_record: Mapping[str, str] = field(default_factory=dict[str, str])  # category -> what it is
    owners: Owners = field(default_factory=Owners)
    feed_is_stock: bool = True
    skus_in_one_case: bool = False
