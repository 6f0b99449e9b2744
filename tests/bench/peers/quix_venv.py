"""The venv of Quix Streams: apart, for its versions of pydantic and httpx are not ours."""

import asyncio
import os
import shutil
import sys
from pathlib import Path

from tests.bench.peers.peer import Command, Skipped, Workshop

# What decides speed and meaning, at exact versions: the library, its client, its store.
REQUIREMENTS = ("quixstreams==3.28.1", "confluent-kafka==2.12.2", "rocksdict==0.3.29")
QUIX = f"Quix Streams {REQUIREMENTS[0].partition('==')[2]}"
INSTALL_MAX_S = 180.0  # a line that has not brought them by then is given up


def found_uv() -> str | None:
    """Return the `uv` that makes the venv: the one we run under, or the first on the path."""
    return os.environ.get("UV") or shutil.which("uv")


async def quix_streams(workshop: Workshop) -> Command:
    """Return the command, in a venv made now; raise `Skipped` where it cannot be made."""
    uv = found_uv()
    if uv is None:
        raise Skipped("there is no `uv` to make its venv with")
    venv = workshop.folder / "quix-venv"
    python = venv / "bin" / "python"
    workshop.say(f"making a venv for {REQUIREMENTS[0]}")
    await _run(workshop.folder, uv, "venv", "--quiet", "--python", sys.executable, str(venv))
    await _run(
        workshop.folder, uv, "pip", "install", "--quiet", "--python", str(python), *REQUIREMENTS
    )
    return (str(python), "-m", "tests.bench.peers.quix_streams")


async def _run(folder: Path, *command: str) -> None:
    # In the folder of the bench: in a clone uv would hold it to the versions of our project file.
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(INSTALL_MAX_S):
            _, said = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise Skipped(f"`uv {command[1]}` did not end in {INSTALL_MAX_S:.0f} s") from None
    if process.returncode:
        lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line]
        why = lines[0] if lines else "it said nothing"
        raise Skipped(f"`uv {command[1]}` failed, is there a network? ({why})")
