"""The generated documents: parts of the README, and all of the reference.

`python -m tests.support.readme --write` makes them anew.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator

from streams.asyncapi import PRIVATE
from streams.knobs import Knob, knobs
from streams.settings import Settings
from streams.topics import TOPICS, TopicPlan
from tests.faults.report import table as faults
from tests.support.source import ROOT, parsed
from tests.support.verbs import commands as every_command

README = ROOT / "README.md"
REFERENCE_FILE = ROOT / "streams/reference.md"
CONSUMER = ROOT / "tests/examples/consumer.py"
COMMANDS, NEXT = "## Commands\n", "\n## "
DAY_MS = 86_400_000
_NAMES = "STOCK_CLARUS__NAMES__"  # one row for all: a table of their own
_FOLDERS = ("STOCK_HOME", "STOCK_CACHE")  # another on every machine
_METRICS_FILES = ("streams/web/metrics.py", "streams/clarus/door_pages.py")
_METRIC_TYPES = {
    "Counter": "counter",
    "CounterMetricFamily": "counter",
    "Gauge": "gauge",
    "GaugeMetricFamily": "gauge",
    "Histogram": "histogram",
}
_FAULTS = r"\| fault \|.*?\n- Not covered[^\n]*\n"
_SETTINGS_TEXT = (
    "From the environment, from a file for a secret (`..._FILE`), then from `stock.toml` or the "
    "file `STOCK_CONFIG` names: `STOCK_DOOR__ALLOW` is `allow` under `[door]`, "
    "`STOCK_KAFKA_CLIENT__...` is under `[kafka]`. A name nobody reads is refused."
)
_TABLES = ("category", "reason", "phrase")  # rows of `stock.toml`, no single values: one row here


def of_commands() -> str:
    """Return the section Commands of the README."""
    listed = _table(("command", "what it does"), commands())
    codes = _table(("exit code", "what it says"), exit_codes())
    return f"Each has `--help` with an example.\n\n{listed}\n{codes}"


def reference() -> str:
    """Return the reference: settings, topics, metrics."""
    parts = (
        (
            "Settings",
            _SETTINGS_TEXT,
            ("setting", "default", "bounds", "meaning"),
            settings(),
        ),
        (
            "Topics",
            "Made by `stock topics create`; times are Kafka's (`LogAppendTime`).",
            ("topic", "key", "written by", "kept"),
            map(_topic, TOPICS),
        ),
        ("Metrics", "On `/metrics`.", ("metric", "kind", "meaning"), metrics()),
    )
    tables = "\n".join(
        f"## {title}\n\n{text}\n\n{_table(head, rows)}" for title, text, head, rows in parts
    )
    return f"# Reference: settings, topics, metrics\n\n{tables}"


def consumer() -> str:
    """Return the example for subscribers, as the README shows it."""
    return f"```python\n{CONSUMER.read_text().rstrip()}\n```\n"


def written(readme: str) -> str:
    """Return the README with its generated parts made anew."""
    before, _, rest = readme.partition(COMMANDS)
    _, following, after = rest.partition(NEXT)
    with_commands = f"{before}{COMMANDS}\n{of_commands()}{following}{after}"
    # Functions: in a template, backslashes would be read as references.
    with_faults = re.sub(_FAULTS, lambda _: faults(), with_commands, flags=re.DOTALL)
    return re.sub(r"```python\n.*?```\n", lambda _: consumer(), with_faults, flags=re.DOTALL)


def commands() -> Iterator[tuple[str, ...]]:
    """Yield every command and what it does."""
    yield from sorted(
        (f"`stock {path}`", " ".join((command.help or "").split("\n\n")[0].split()))
        for path, command in every_command()
    )


def exit_codes() -> Iterator[tuple[str, ...]]:
    """Yield every exit code and what it says."""
    yield "0", "done, and the answer is yes"
    meanings = _constants("streams/commands/say.py", "EXIT_")
    yield from sorted(((str(code), said) for code, said in meanings), key=lambda row: int(row[0]))


def settings() -> Iterator[tuple[str, ...]]:
    """Yield every setting with default, bounds and meaning."""
    yield f"`{_NAMES}...`", "", "", "where each field of a body stands: `stock doctor --settings`"
    for knob in knobs(Settings.model_construct()):
        is_table = knob.variable.removeprefix("STOCK_").lower() in _TABLES
        if is_table and knob.name == _TABLES[0]:
            yield ", ".join(f"`[[{name}]]`" for name in _TABLES), "", "", knob.reason
        if not is_table and not knob.variable.startswith(_NAMES):
            shown = f"`{knob.variable}`"
            secret = " (`_FILE`)" if knob.is_secret else ""
            yield f"{shown}{secret}", _default(knob), knob.bounds, knob.reason


def metrics() -> Iterator[tuple[str, ...]]:
    """Yield every metric of ours with its kind and meaning."""
    for path in _METRICS_FILES:
        for call in ast.walk(parsed((ROOT / path).read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in _METRIC_TYPES:
                yield from _metric(call)


def _table(head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    titles = tuple(head)
    lines = [titles, ("---",) * len(titles), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _constants(path: str, prefix: str) -> Iterator[tuple[int, str]]:
    for line in (ROOT / path).read_text().splitlines():
        found = re.fullmatch(rf"{prefix}\w+ = (\d+)  # (.+)", line)
        if found:
            yield int(found[1]), found[2]


def _default(knob: Knob) -> str:
    if knob.variable in _FOLDERS:
        return "the user's folder"
    if knob.value is None or knob.value in ([], {}):
        return ""
    if isinstance(knob.value, dict):
        return ", ".join(f"`{key}`: `{value}`" for key, value in knob.value.items())
    values = knob.value if isinstance(knob.value, list) else [knob.value]
    return ", ".join(f"`{value}`" for value in values)


def _metric(call: ast.Call) -> Iterator[tuple[str, ...]]:
    named = [str(one.value) for one in call.args if isinstance(one, ast.Constant)]
    if named:  # else a Counter of another kind
        kind = _METRIC_TYPES[ast.unparse(call.func)]
        yield f"`{named[0]}{'_total' if kind == 'counter' else ''}`", kind, named[1]


def _topic(plan: TopicPlan) -> tuple[str, ...]:
    if plan in PRIVATE:
        kept = "compacted; a lane's own, its form may change"
    elif plan.config.get("cleanup.policy") == "compact":
        kept = "the last of each key"
    elif plan.config["retention.ms"] == "-1":
        kept = "for ever"
    else:
        kept = f"{int(plan.config['retention.ms']) // DAY_MS} days"
    return f"`{plan.name}`", plan.key, plan.written_by, kept


if __name__ == "__main__":
    if "--write" in sys.argv:
        README.write_text(written(README.read_text()))
        REFERENCE_FILE.write_text(reference())
    else:
        sys.stdout.write(f"{of_commands()}\n{reference()}\n{consumer()}")
