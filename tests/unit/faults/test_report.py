"""The table of the campaign on record: what was run more than once is added up, day by day."""

import json
from collections import Counter
from pathlib import Path

from tests.faults.report import record_of, table
from tests.faults.runs import Result


def on_record(folder: Path, *results: Result) -> str:
    """Return the table of results, as one run after another wrote them."""
    file = folder / "campaign.jsonl"
    file.write_text("".join(f"{record_of(result)}\n" for result in results))
    return table(file)


def result(name: str, bites: int, *violations: str) -> Result:
    return Result(name, "struck", "it hurt", bites, bites, violations=list(violations))


def test_runs_of_one_fault_are_added_up_with_what_the_swarm_struck(tmp_path: Path) -> None:
    """None in n: of all bites, those in the swarm too."""
    swarm = Result("F22", "all", "each", 30, 30, Counter({"F1": 20}))
    swarm.recovered([2.0, 9.0, 0.2])
    told = on_record(tmp_path, result("F1", 4), swarm, result("F1", 6))

    assert "| F1 | struck | it hurt | 10 | 10 | 20 | 0 | < 0.1 a bite |  |" in told
    assert "| F22 | all | each | 30 | 30 |  | 0 | < 0.1 a bite | 9 s (3 measured) |" in told


def test_bites_of_a_swarm_that_no_row_has_are_told(tmp_path: Path) -> None:
    """Older runs did not count them by fault; what is no fault's name counts none."""
    notes = Counter({"F1": 20, "F10": 2, "F10 bodies": 900, "calm": 5})
    partly, wholly = Result("F22", "all", "each", 30, 30, notes), result("F22", 22)
    wholly.notes.update(F1=22)

    assert " Of the swarm's bites 8 were not counted by fault." in on_record(tmp_path, partly)
    assert "not counted by fault" not in on_record(tmp_path, wholly)


def test_what_a_swarm_struck_that_was_violated_counts_for_no_other_fault(tmp_path: Path) -> None:
    """Nobody knows which of its bites the violation was of."""
    swarm = Result("F22", "all", "each", 30, 30, Counter({"F1": 20}), ["I1 of SKU 7"])
    told = on_record(tmp_path, result("F1", 10), swarm)

    assert "| F1 | struck | it hurt | 10 | 10 |  | 0 | < 0.3 a bite |  |" in told
    assert "| F22 | all | each | 30 | 30 |  | 1 | not none |  |" in told


def test_bodies_fuzzed_without_a_broker_stand_beside_the_tries(tmp_path: Path) -> None:
    """None in n is of strikes: what one strike tells is no try of its own."""
    poison = Result("F10", "poison", "judged", 2, 2, Counter({"bodies": 20_000}))
    swarm = Result("F22", "all", "each", 9, 9, Counter({"F10": 4, "F10 bodies": 1_000}))
    told = on_record(tmp_path, poison, swarm)

    assert (
        "| F10 | poison (21,000 fuzzed without a broker) | judged | 2 | 2 | 4 | 0 "
        "| < 0.5 a bite |  |"
    ) in told
    assert "| F22 | all | each |" in told


def test_a_recovery_is_told_where_somebody_waited_for_one(tmp_path: Path) -> None:
    """The worst of all runs; nothing where nobody did, which is not the same as at once."""
    slow, quick, never = result("F1", 2), result("F1", 2), result("F18", 2)
    slow.recovered([0.2, 7.4])
    quick.recovered([0.2, 0.4])
    told = on_record(tmp_path, slow, quick, never)

    assert "| F1 | struck | it hurt | 4 | 4 |  | 0 | < 0.75 a bite | 7 s |\n" in told
    assert "| F18 | struck | it hurt | 2 | 2 |  | 0 | < 1.5 a bite |  |\n" in told


def test_a_violation_and_a_missing_tool_are_told(tmp_path: Path) -> None:
    """Neither is a zero."""
    missing = Result("F8", "bad network", "late", skipped="no netem")
    told = on_record(tmp_path, missing, result("F3", 2), result("F3", 2, "I1 of SKU 7"))

    assert "| F3 | struck | it hurt | 4 | 4 |  | 1 | not none |  |" in told
    assert "| F8 | bad network | skipped: no netem |" in told


def test_it_names_the_day_the_commit_and_the_machine_of_each_run(tmp_path: Path) -> None:
    """A campaign in pieces says which piece was of which commit."""
    first, second = (json.loads(record_of(result(name, 1))) for name in ("F1", "F2"))
    first["seen"] = {"day": "2026-01-02", "commit": "abc", "machine": "a laptop"}
    second["seen"] = first["seen"] | {"commit": "def"}
    (tmp_path / "campaign.jsonl").write_text(f"{json.dumps(first)}\n{json.dumps(second)}\n")
    told = table(tmp_path / "campaign.jsonl")

    assert "- On 2026-01-02, commit abc, a laptop: F1.\n" in told
    assert "- On 2026-01-02, commit def, a laptop: F2.\n" in told
