"""The files a broker is started with."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from streams.broker.ports import LOOPBACK

PROPERTIES_FILE = "server.properties"
_HERE = Path(__file__).parent


def write_configuration(folder: Path, port: int, properties: Mapping[str, str]) -> None:
    """Write `server.properties` and the log's settings into the broker's folder."""
    shutil.copyfile(_HERE / "log4j2.yaml", folder / "log4j2.yaml")
    (folder / PROPERTIES_FILE).write_text(render_properties(port, properties))


def render_properties(port: int, properties: Mapping[str, str]) -> str:
    """Return the broker's properties; `properties` overrule ours, but never where it listens."""
    ours = (_HERE / "single-node.properties").read_text()
    given = "".join(f"{name}={value}\n" for name, value in properties.items())
    return f"{ours}\n{given}\n{_listeners(port)}"


def _listeners(port: int) -> str:
    clients, controller = f"{LOOPBACK}:{port}", f"{LOOPBACK}:{port + 1}"
    return (
        f"listeners=PLAINTEXT://{clients},CONTROLLER://{controller}\n"
        f"advertised.listeners=PLAINTEXT://{clients}\n"
        f"controller.quorum.voters=1@{controller}\n"
    )
