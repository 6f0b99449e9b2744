"""`stock verify`: the log recomputed by separate arithmetic."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from streams.commands.say import (
    EXIT_DISAGREES,
    AsJson,
    console,
    errors,
    facts,
    run,
    settings_or_exit,
)
from streams.commands.shown import safe_text
from streams.verification.findings import Finding
from streams.verify import Report
from streams.verify import verify as verify_log

FINDINGS_SHOWN_MAX = 20


def verify(as_json: AsJson = False) -> None:
    """Recompute everything from the log with separate code, and name what does not agree.

    Cards, entries, availability, exceptions and the counts of every fate are judged up to each
    lane's mark, so the answer is true of a running system too. Settings count as they are now.

    Exit codes: 0 all of it agrees; 1 something does not; 69 Kafka does not answer; 78 settings or
    topics do not fit.
    """
    settings = settings_or_exit()
    with _progress() as shown:
        bars: dict[str, TaskID] = {}

        def progress(topic: str, passed: int, total: int) -> None:
            if topic not in bars:
                bars[topic] = shown.add_task(topic, total=total)
            shown.update(bars[topic], completed=passed, total=total)

        report = run(verify_log(settings, progress))
    if as_json:
        facts(facts_of(report))
    else:
        _say(report)
    _complain(report.verdict.findings[:FINDINGS_SHOWN_MAX])
    if not report.verdict.agrees:
        raise SystemExit(EXIT_DISAGREES)


def facts_of(report: Report) -> dict[str, Any]:
    """Return a report as plain JSON values."""
    verdict = report.verdict
    return {
        "agrees": verdict.agrees,
        "took_s": round(report.took_s, 3),
        "judged": dict(verdict.judged),
        "newer": verdict.newer,
        "findings_count": verdict.findings_count,
        "first": str(verdict.findings[0]) if verdict.findings else None,
        "findings": [asdict(finding) for finding in verdict.findings],
    }


def _say(report: Report) -> None:
    verdict = report.verdict
    judged = ", ".join(f"{count:,} {what}" for what, count in verdict.judged.items() if count)
    took = f"{report.took_s:.1f} s; {verdict.newer:,} records are newer than the marks"
    console.print(f"judged {judged} in {took}", highlight=False, soft_wrap=True)
    if verdict.agrees:
        console.print("the log agrees with itself and with every card", style="green")
    else:
        console.print(f"{verdict.findings_count:,} do not agree, the first ones are:", style="red")


def _complain(findings: Iterable[Finding]) -> None:
    for finding in findings:
        errors.print(safe_text(str(finding)), style="red", highlight=False, soft_wrap=True)


def _progress() -> Progress:
    """Show what is read on a terminal; nothing elsewhere, and nothing stays behind."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,} of {task.total:,}"),
        TimeElapsedColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    )
