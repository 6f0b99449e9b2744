"""The compose file, held against its own schema (in `test_checks.py`) and against what we promise.

No engine runs here: that the images build and the containers start is not covered.
"""

import re
from functools import cache
from typing import Any

import pytest
from ruamel.yaml import YAML

from streams.settings import Settings
from streams.settings_sources import CONFIG_VARIABLE
from tests.support.source import ROOT
from tests.support.verbs import command_at

LONG_RUNNING = ("kafka", "door", "worker")
OURS = ("topics", "door", "worker")
EXACT = re.compile(r".+:\d+\.\d+(\.\d+)?(-[a-z]+)?$")
# Not read-only, with the reason in the file: the image writes its configuration into itself.
WRITES_INTO_ITSELF = {"kafka"}


@cache
def compose() -> dict[str, Any]:
    return YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text())


def services() -> dict[str, Any]:
    return compose()["services"]


def test_what_runs_is_what_the_design_names() -> None:
    """A broker, the topics, the door, the worker."""
    assert {*LONG_RUNNING, "topics"} == services().keys()


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_what_runs_on_says_whether_it_is_well(name: str) -> None:
    """Every service that stays up has a health check and is started again."""
    assert services()[name]["healthcheck"]["test"][0] == "CMD"
    assert services()[name]["restart"] == "unless-stopped"


def test_what_ends_is_waited_for() -> None:
    """`up --wait` takes the end of a service as a failure unless another one waits for it."""
    waited_for = {
        needed
        for service in services().values()
        for needed, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_completed_successfully"
    }

    assert services().keys() - set(LONG_RUNNING) == waited_for


def test_nothing_is_published_beyond_loopback() -> None:
    """Every published port names 127.0.0.1."""
    ports = [port for service in services().values() for port in service.get("ports", ())]

    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", [*LONG_RUNNING, "topics"])
def test_a_container_may_do_no_more_than_it_needs(name: str) -> None:
    """No capabilities, no new privileges, nothing to write to but what is mounted."""
    service = services()[name]

    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service.get("read_only", False) is (name not in WRITES_INTO_ITSELF)
    assert not service.keys() & {"privileged", "network_mode", "pid", "cap_add"}


def test_the_readme_names_the_way_in() -> None:
    """Nobody outside reaches Kafka: commands are typed in a container of ours that stays up."""
    readme = (ROOT / "README.md").read_text()
    ways = re.findall(r"`docker compose exec (?:-T )?(\w+) stock ([a-z]+(?: [a-z]+)?)", readme)

    assert "ports" not in services()["kafka"]
    assert {"verify", "opening load"} == {words for _, words in ways}
    assert {service for service, _ in ways} <= set(OURS) & set(LONG_RUNNING)


def test_no_secret_is_inside() -> None:
    """Secrets are files of the operator's, and the file says which are missing."""
    variables = {
        variable for service in services().values() for variable in service.get("environment", {})
    }
    secret = {"STOCK_DOOR_SECRET", "STOCK_WEB_TOKEN", "STOCK_KAFKA_CLIENT__SASL_PASSWORD"}

    assert set() == variables & secret
    for named in compose()["secrets"].values():
        assert re.fullmatch(r"\$\{STOCK_[A-Z_]+_FILE:\?.+\}", named["file"])


def test_images_are_pinned() -> None:
    """No image and no base floats beyond its minor version."""
    images = [service["image"] for service in services().values()]
    dockerfile = compose()["x-stock"]["build"]["dockerfile_inline"]
    images += re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)

    assert [image for image in images if not EXACT.match(image)] == []


def test_the_image_has_the_version_of_the_project() -> None:
    """An image's tag says what is in it."""
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)

    assert version is not None
    assert compose()["x-stock"]["image"] == f"stock-ledger:{version[1]}"


@pytest.mark.parametrize("name", OURS)
def test_commands_are_there(name: str) -> None:
    """What a container runs is a command of ours."""
    command = command_at(services()[name]["command"])

    assert command.callback is not None


@pytest.mark.parametrize("name", OURS)
def test_settings_are_there(name: str) -> None:
    """Every variable is read by the settings: another one would be refused at the start."""
    known = {f"STOCK_{field}".upper() for field in Settings.model_fields} | {CONFIG_VARIABLE}

    for variable in services()[name]["environment"]:
        assert variable.removesuffix("_FILE") in known


def test_the_image_is_made_of_what_the_build_may_see() -> None:
    """Every path that is copied is let through by `.dockerignore`."""
    dockerfile = compose()["x-stock"]["build"]["dockerfile_inline"]
    copied = [
        path
        for line in re.findall(r"^COPY (.+) \S+$", dockerfile, re.MULTILINE)
        for path in line.split()
    ]
    seen = (ROOT / ".dockerignore").read_text().splitlines()

    assert [path for path in copied if f"!{path}" not in seen] == []
    assert [path for path in copied if not (ROOT / path).exists()] == []
