"""What the doctor says of openings."""

from streams.doctor.diagnosis import State
from streams.doctor.running import examine_openings
from streams.engine.mark import Mark

ROW = ["NPK", "LEEDS", "2026-07-03T06:00:00+00:00"]
UNDER_WAY = {"account": "NPK", "site": "LEEDS", "partition": 1, "offset": 7, "reached": "MUG"}


def test_an_opening_under_way_is_not_to_be_loaded_again() -> None:
    """What waits then is being let in; advice to load a position would be wrong."""
    marks = {0: Mark(state={"openings": [ROW]}), 1: Mark(state={"opening": UNDER_WAY})}
    found = examine_openings(marks, waiting=300)

    assert found.state is State.WARN
    assert "300 movements still wait" in found.says
    assert "opening load" not in found.fix
