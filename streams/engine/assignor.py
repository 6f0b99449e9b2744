"""Who gets what in the group: Faust's assignor, but nothing from metadata that lacks a topic.

A broker that has just started answers before it knows of all its topics. Faust leaves out what is
not there: the group would be dealt a part, or nothing, and stay so until aiokafka next looks for
itself, which is after five minutes (seen in `python -m tests.faults F22 --seed 37`).
"""

from aiokafka.cluster import ClusterMetadata
from faust.assignor.partition_assignor import (
    MemberAssignmentMapping,
    MemberMetadataMapping,
    PartitionAssignor,
)

from streams.log import log


class WholeAssignor(PartitionAssignor):
    """Deals all or nothing; `Watch` has the metadata renewed where it was nothing."""

    def assign(
        self, cluster: ClusterMetadata, member_metadata: MemberMetadataMapping
    ) -> MemberAssignmentMapping:
        """Deal all partitions of all subscribed topics, or none while a topic is not shown."""
        subscribed = {topic for member in member_metadata.values() for topic in member.subscription}
        missing = sorted(topic for topic in subscribed if not cluster.partitions_for_topic(topic))
        if missing:
            log.warning("group.topics_missing", topics=missing)
        return super().assign(ClusterMetadata() if missing else cluster, member_metadata)

    @property
    def dealt_nothing(self) -> bool:
        """Say whether the last deal left every member without; the leader tells all of them."""
        return not self._topic_groups
