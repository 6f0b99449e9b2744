"""All faults there are, in the order of the programme, and those of it that are not here."""

from tests.faults import (
    f01_kill_9,
    f02_named_points,
    f03_freeze,
    f04_stop_under_load,
    f05_join_and_leave,
    f06_broker_restart,
    f07_broker_away,
    f08_bad_network,
    f09_told_twice,
    f10_poison,
    f13_disk_full,
    f14_clocks,
    f15_changelog_lost,
    f16_state_lost,
    f18_topic_made_anew,
    f19_partitions_changed,
    f20_memory_squeeze,
    f22_all_at_once,
    f23_broker_frozen,
)
from tests.faults.fault import Fault

FAULTS: tuple[Fault, ...] = (
    f01_kill_9.FAULT,
    f02_named_points.FAULT,
    f03_freeze.FAULT,
    f04_stop_under_load.FAULT,
    f05_join_and_leave.FAULT,
    f06_broker_restart.FAULT,
    f07_broker_away.FAULT,
    f08_bad_network.FAULT,
    f09_told_twice.FAULT,
    f10_poison.FAULT,
    f13_disk_full.FAULT,
    f14_clocks.FAULT,
    f15_changelog_lost.FAULT,
    f16_state_lost.FAULT,
    f18_topic_made_anew.FAULT,
    f19_partitions_changed.FAULT,
    f20_memory_squeeze.FAULT,
    f22_all_at_once.FAULT,
    f23_broker_frozen.FAULT,
)
NOT_HERE = {
    "F11, F12": "nothing is posted to Khaos yet",
    "F17": "there are no SQLite views yet",
    "F21": "there is no released version to mix with",
}
