"""What is told of a run: a line a fault, JSON, and the README's table of the campaign on record."""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from streams.bench.machine import described
from tests.faults.catalogue import NOT_HERE
from tests.faults.fault import BODIES
from tests.faults.runs import Result
from tests.support.history import NOT_APPLICABLE

ROOT = Path(__file__).parents[2]
ON_RECORD = Path(__file__).with_name("campaign.jsonl")  # what `--json` wrote of the last campaign
NOT_COVERED = (
    "more than one broker, the real Clarus and Khaos, disks that lie, byzantine peers, Windows, "
    "more than one machine"
)
FAULT = re.compile(r"F\d+")  # the name of a fault; a note of another name is no count of bites
HEAD = (
    (
        "| fault | what is done | what proves that it bit | tries | bites | in the swarm "
        "| violations | rate at most, 95 % | worst recovery |"
    ),
    "|---|---|---|--:|--:|--:|--:|---|--:|",
)


def line_of(result: Result) -> str:
    """Return one line for people."""
    if result.skipped:
        return f"{result.name:<4} {result.title}: skipped, {result.skipped}"
    said = f"{result.name:<4} {result.title}: {result.tries} tries, {result.bites} bites, "
    said += f"{len(result.violations)} violations, {what_zero_means(result)}, "
    recovery = worst_recovery(result)
    said += f"worst recovery {recovery}, " if recovery else ""
    said += f"{result.took_s:.0f} s in all"
    notes = ", ".join(f"{name} {number:,}" for name, number in sorted(result.notes.items()))
    return f"{said} ({notes}; seed {result.seed})"


def record_of(result: Result) -> str:
    """Return one JSON object: the facts, and when, of which commit and where they were seen."""
    seen = {"day": f"{datetime.now(UTC):%Y-%m-%d}", "commit": _commit(), "machine": described()}
    return json.dumps({"result": result.facts(), "seen": seen})


def what_zero_means(result: Result, more_bites: int = 0) -> str:
    """Return the rule of three: no failure in n tries bounds its rate below 3/n at 95 %.

    It is of independent tries: a strike bites once, however many records it told.
    """
    if result.violations:
        return "not none"
    bites = result.bites + more_bites
    return f"< {3 / bites:.2g} a bite" if bites else "did not bite"


def worst_recovery(result: Result) -> str:
    """Return the longest that anybody waited for; nothing where nobody did."""
    if result.recovery_s_max is None:
        return ""
    some = f" ({result.recoveries} measured)" if 0 < result.recoveries < result.tries else ""
    return f"{result.recovery_s_max:.0f} s{some}"


def table(path: Path = ON_RECORD) -> str:
    """Return the campaign on record as Markdown, and beneath it what it does not cover."""
    records = [json.loads(line) for line in path.read_text().splitlines()]
    results = _merged(_result(record["result"]) for record in records)
    swarm = next((result for result in results if result.name == "F22"), None)
    # Nobody knows which of its bites a violation of the swarm was of: none of them counts as clean.
    struck = swarm.notes if swarm and not swarm.violations else Counter[str]()
    rows = [_row(result, Counter[str]() if result is swarm else struck) for result in results]
    not_here = "; ".join(f"{name}: {why}" for name, why in NOT_HERE.items())
    unchecked = "; ".join(f"{name}: {why}" for name, why in NOT_APPLICABLE.items())
    notes = [
        f"- Not here: {not_here}.{_uncounted(swarm)}",
        f"- Not checked: {unchecked}.",
        f"- Not covered: {NOT_COVERED}.",
    ]
    return "\n".join([*HEAD, *rows, "", *_seen(records), *notes]) + "\n"


def _uncounted(swarm: Result | None) -> str:
    """Say how many bites of the swarm stand in no fault's row: older runs did not count them so."""
    if swarm is None:
        return ""
    whole = swarm.bites - sum(n for name, n in swarm.notes.items() if FAULT.fullmatch(name))
    return f" Of the swarm's bites {whole:,} were not counted by fault." if whole else ""


def _seen(records: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield when, of which commit and where the faults were run, a line a commit."""
    names: dict[tuple[str, ...], dict[str, None]] = {}
    for record in records:
        seen = record["seen"]
        where = (seen["day"], seen["commit"], seen["machine"])
        names.setdefault(where, {})[record["result"]["name"]] = None
    for (day, commit, machine), faults in names.items():
        yield f"- On {day}, commit {commit}, {machine}: {', '.join(faults)}."


def _merged(results: Iterable[Result]) -> list[Result]:
    """Return one result a fault, in the order of their numbers."""
    by_name: dict[str, Result] = {}
    for result in results:
        if result.name in by_name:
            by_name[result.name].add(result)
        else:
            by_name[result.name] = result
    return sorted(by_name.values(), key=lambda result: int(result.name[1:]))


def _row(result: Result, swarm: Counter[str]) -> str:
    if result.skipped:
        return f"| {result.name} | {result.title} | skipped: {result.skipped} | | | | | | |"
    struck = swarm[result.name]
    return (
        f"| {result.name} | {_title(result, swarm)} | {result.proof} | {result.tries:,} "
        f"| {result.bites:,} | {f'{struck:,}' if struck else ''} | {len(result.violations)} "
        f"| {what_zero_means(result, struck)} | {worst_recovery(result)} |"
    )


def _title(result: Result, swarm: Counter[str]) -> str:
    """Return what is done, and how much of it was done without a broker."""
    bodies = result.notes[BODIES] + swarm[f"{result.name} {BODIES}"]
    return f"{result.title} ({bodies:,} fuzzed without a broker)" if bodies else result.title


def _result(facts: Any) -> Result:
    return Result(**facts | {"notes": Counter(facts["notes"])})


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
