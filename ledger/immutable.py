"""Values that are immutable by the type checker's word, and cheap to make."""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def immutable(cls: type[T]) -> type[T]:
    """Make a slotted dataclass that nobody may change.

    For what is made for every movement: a frozen dataclass is checked at run time, and takes ten
    times as long to make, since it sets each field through `object.__setattr__`.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
