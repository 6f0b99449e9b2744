"""What the README says is so: its tables are generated, its names exist, its figures have a source.

After a change of a setting, topic, metric, command or exit code: `python -m tests.support.readme
--write`.
"""

import re
from functools import cache

import pytest

from streams.broker.jars import read_lock
from streams.settings import Settings
from streams.settings_sources import CONFIG_VARIABLE
from streams.topics import TOPICS
from tests.simulation.bugs import BUGS
from tests.support.readme import README, REFERENCE_FILE, consumer, reference, settings, written
from tests.support.source import ROOT
from tests.support.verbs import command_at

LINES_MAX = 300  # a longer one is not read
COMMAND = re.compile(r"\bstock ((?:[a-z]+ ?)+)")
FILE = re.compile(r"`((?:(?:tests|streams|tables|ledger)/[\w./-]*|test_\w+\.py))`")
DOCUMENTS = (
    "README.md",
    "streams/reference.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "ledger/decisions.md",
)


@cache
def readme() -> str:
    return README.read_text()


def section(title: str) -> str:
    """Return what stands under a heading of the README."""
    _, found, rest = readme().partition(f"\n## {title}\n")

    assert found, title
    return rest.partition("\n## ")[0]


def code() -> str:
    """Return what the README shows as code."""
    blocks = re.findall(r"```sh\n(.*?)```", readme(), re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", readme(), flags=re.DOTALL))
    return re.sub(r"\s#.*", "", "\n".join((*blocks, *spans)))


def test_generated_parts_are_current() -> None:
    """Commands, exit codes, settings, topics, metrics and the example are those of the program."""
    assert REFERENCE_FILE.read_text() == reference()
    assert consumer() in readme()
    assert written(readme()) == readme()


def test_every_setting_has_a_meaning() -> None:
    """A comment of one line or more stands at each field of the settings."""
    assert [name for name, *_, meaning in settings() if not meaning] == []


def test_it_can_be_read_in_one_sitting() -> None:
    """The README has an end."""
    assert len(readme().splitlines()) <= LINES_MAX


def test_no_placeholder_is_left() -> None:
    """A line of capitals alone is a part that was never written."""
    assert re.findall(r"^[A-Z]{4,}$", readme(), re.MULTILINE) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    """Every link to a file of ours is to one that is there."""
    path = ROOT / document
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text())

    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_named_are_there(document: str) -> None:
    """A file or folder of ours in backticks is there; a test may go by its name alone."""
    tests = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    named = set(FILE.findall((ROOT / document).read_text()))

    assert {name for name in named if not (ROOT / name).exists()} <= tests


def test_every_promise_names_what_proves_it() -> None:
    """Each row of the guarantees has a test; that it proves the whole row is for a reader."""
    rows = [
        line for line in section("Guarantees, and their limits").splitlines() if line[:3] == "| *"
    ]

    assert len(rows) > 4
    assert [row for row in rows if not re.search(r"`(tests/|test_)", row)] == []
    assert f"{len(BUGS)} planted bugs" in readme()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_settings_named_are_settings(document: str) -> None:
    """A variable that a document names is read by the program."""
    known = {f"STOCK_{name}".upper() for name in Settings.model_fields} | {CONFIG_VARIABLE}
    named = set(re.findall(r"\bSTOCK_[A-Z_]*[A-Z]", (ROOT / document).read_text()))

    assert set() == {name for name in named if name.split("__")[0] not in known} - {
        f"{name}_FILE" for name in known
    }


def test_the_policy_says_of_which_secrets_a_length_is_asked() -> None:
    """The door and the pages refuse a short one; a password of Kafka's is what Kafka lets it be."""
    policy = " ".join((ROOT / "SECURITY.md").read_text().split())
    (sentence,) = [said for said in policy.split(". ") if "32 bytes" in said]
    of_ours = sentence.partition(";")[0]

    assert {"STOCK_DOOR_SECRET", "STOCK_WEB_TOKEN"} == set(re.findall(r"`(STOCK_\w+)`", of_ours))


def test_a_machine_sized_as_said_holds_what_was_measured() -> None:
    """So many MiB, KiB a SKU and bytes a movement, of which each row had a million."""
    told = section("Size a machine")
    base, of_sku, of_movement = map(
        float,
        re.findall(r"(\d+) MiB, ([\d.]+) KiB a SKU and (\d+) bytes a movement", told)[0],
    )
    rows = [[cell.strip() for cell in line.split("|")] for line in told.splitlines()]
    peaks = {
        int(row[1].replace(",", "")): float(row[3].replace(",", ""))
        for row in rows
        if len(row) == 7 and row[1].replace(",", "").isdecimal()
    }
    short = {
        skus: peak
        for skus, peak in peaks.items()
        if base + skus * of_sku / 1024 + 1e6 * of_movement / 2**20 < peak
    }

    assert len(peaks) == 4
    assert not short


def test_the_size_of_kafka_is_said_alike() -> None:
    """That of the lock, rounded as the program says it when it fetches."""
    megabytes = round(sum(jar.size_bytes for jar in read_lock()) / 1e6)
    said = re.findall(r"(?:jars, |fetches Kafka, )(\d+) MB", readme())

    assert [str(megabytes)] * 2 == said


def test_commands_named_are_commands() -> None:
    """A command that the README shows can be typed."""
    assert [words for words in COMMAND.findall(code()) if command_at(words.split()) is None] == []


def test_topics_named_are_topics() -> None:
    """A topic that the README names is in the map."""
    named = set(re.findall(r"\b(?:clarus|stock|khaos)\.[a-z]+\.v\d+", readme()))

    assert set() == named - {plan.name for plan in TOPICS}


def test_figures_name_the_command_that_measures_them() -> None:
    """In the section Figures a row with a number has a command in backticks."""
    rows = [line for line in section("Figures").splitlines() if line.startswith("|")][2:]

    assert rows
    assert [row for row in rows if re.search(r"\d", row) and not re.search(r"`[^`]+ ", row)] == []
