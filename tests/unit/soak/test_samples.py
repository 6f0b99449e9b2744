"""What a soak's samples say of processes that came and went."""

from pathlib import Path

from tests.faults.ground import Ground
from tests.soak.samples import Sample, Samples


def test_who_ended_in_the_warm_up_has_no_growth(tmp_path: Path) -> None:
    """Its end is told by the crew; the others' growth is told all the same."""
    samples = Samples(Ground(tmp_path / "ground", days=1))
    samples._taken = {
        "worker-1": [Sample(10.0, 100.0, 30)],
        "worker-2": [Sample(at_s, 100.0, 30) for at_s in (10.0, 60.0)],
        "worker-3": [Sample(at_s, 100.0, 30) for at_s in (60.0, 70.0)],
    }

    assert [growth.name for growth in samples.growths(since_s=60.0)] == ["worker-3"]
