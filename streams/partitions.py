"""Where a key's records stand: the same partition for every writer, ours and Java's."""

from aiokafka.partitioner import murmur2


def partition_of(key: bytes, partitions: int) -> int:
    """Return where Java's default partitioner puts a key."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions
