"""What is told of a run: a line a fault, JSON, and the table a README can take."""

import json
import os
import platform
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.faults.catalogue import NOT_HERE
from tests.faults.runs import Result
from tests.support.history import NOT_APPLICABLE

ROOT = Path(__file__).parents[2]
NOT_COVERED = (
    "more than one broker, the real Clarus and Khaos, disks that lie, byzantine peers, Windows, "
    "more than one machine"
)


def line_of(result: Result) -> str:
    """Return one line for people."""
    if result.skipped:
        return f"{result.name:<4} {result.title}: skipped, {result.skipped}"
    said = f"{result.name:<4} {result.title}: {result.tries} tries, {result.bites} bites, "
    said += f"{len(result.violations)} violations, {what_zero_means(result)}, "
    said += f"worst recovery {result.recovery_s_max:.0f} s, {result.took_s:.0f} s in all"
    notes = ", ".join(f"{name} {number:,}" for name, number in sorted(result.notes.items()))
    return f"{said} ({notes}; seed {result.seed})"


def what_zero_means(result: Result) -> str:
    """Return the rule of three: no failure in n tries bounds its rate below 3/n at 95 %."""
    if result.violations:
        return "not none"
    return f"< {3 / result.bites:.2g} a bite" if result.bites else "did not bite"


def merged(results: Iterable[Result]) -> list[Result]:
    """Return one result a fault, in the order of their numbers."""
    by_name: dict[str, Result] = {}
    for result in results:
        if result.name in by_name:
            by_name[result.name].add(result)
        else:
            by_name[result.name] = result
    return sorted(by_name.values(), key=lambda result: int(result.name[1:]))


def read_results(path: Path) -> list[Result]:
    """Read back what an earlier run wrote with `--json`."""
    lines = path.read_text().splitlines()
    return [_result(line) for line in lines if line.startswith("{")]


def table(results: Sequence[Result]) -> str:
    """Return the Markdown table with its date, commit and machine, and what it does not cover."""
    swarm = next((result for result in results if result.name == "F22"), None)
    rows = [
        f"Faults on a real Kafka, {datetime.now(UTC):%Y-%m-%d}, commit {_commit()}, {_machine()}.",
        "",
        (
            "| fault | what is done | what proves that it bit | tries | bites | in the swarm "
            "| violations | no failure means | worst recovery |"
        ),
        "|---|---|---|--:|--:|--:|--:|---|--:|",
    ]
    for result in results:
        more = swarm.notes[result.name] if swarm and result is not swarm else 0
        rows.append(_row(result, more))
    rows += ["", *(f"- {name}: {why}." for name, why in NOT_HERE.items())]
    rows += [f"- Not checked, {name}: {why}." for name, why in NOT_APPLICABLE.items()]
    return "\n".join([*rows, f"- Not covered: {NOT_COVERED}."]) + "\n"


def _row(result: Result, in_the_swarm: int) -> str:
    if result.skipped:
        return f"| {result.name} | {result.title} | skipped: {result.skipped} | | | | | | |"
    both = Result("", "", "", bites=result.bites + in_the_swarm, violations=result.violations)
    return (
        f"| {result.name} | {result.title} | {result.proof} | {result.tries:,} | {result.bites:,} "
        f"| {in_the_swarm or ''} | {len(result.violations)} | {what_zero_means(both)} "
        f"| {result.recovery_s_max:.0f} s |"
    )


def _result(line: str) -> Result:
    facts = json.loads(line)
    return Result(**facts | {"notes": Counter(facts["notes"])})


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
