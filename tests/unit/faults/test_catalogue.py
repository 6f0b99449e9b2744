"""What holds of every fault there is."""

import itertools
import sys

import pytest

from tests.faults.catalogue import FAULTS
from tests.faults.fault import Fault


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_every_case_has_its_turn_in_a_run(fault: Fault) -> None:
    """No case is told of that nobody struck, and none is skipped for what was run before."""
    module = sys.modules[fault.strike.__module__]
    kept = [name for name, value in vars(module).items() if isinstance(value, itertools.cycle)]

    assert fault.tries >= len(fault.cases)
    assert not kept, f"{module.__name__} keeps a turn from one run to the next"
