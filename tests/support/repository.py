"""A Maven repository of small files on a loopback port, which can be told to misbehave."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from streams.broker.jars import Jar


class Repository:
    """Serves jars by path; `spoil` holds answers that are given instead, once each."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        self.jars = [
            Jar(coordinate, hashlib.sha256(content).hexdigest(), len(content))
            for coordinate, content in contents.items()
        ]
        self._files = {_path(coordinate): content for coordinate, content in contents.items()}
        self._spoilt: dict[str, list[bytes]] = {}
        self.asked: list[str] = []
        self.address = ""

    def spoil(self, coordinate: str, *answers: bytes) -> None:
        """Answer so, in turn, before answering rightly; the length promised stays the right one."""
        self._spoilt[_path(coordinate)] = list(answers)

    def answer(self, path: str) -> tuple[int, bytes]:
        """Return the length promised and the bytes sent; (0, b"") for what is not there."""
        if path not in self._files:
            return 0, b""
        self.asked.append(path)
        whole = self._files[path]
        spoilt = self._spoilt.get(path)
        return len(whole), spoilt.pop(0) if spoilt else whole


@contextmanager
def serve(contents: dict[str, bytes]) -> Iterator[Repository]:
    """Run a repository with these jars, by coordinate."""
    repository = Repository(contents)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length, body = repository.answer(self.path)
            self.send_response(200 if length else 404)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (theirs)
            """Say nothing: a test's output is its failures."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        repository.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield repository
        finally:
            server.shutdown()
            thread.join()


def _path(coordinate: str) -> str:
    group, artifact, version = coordinate.split(":")
    return f"/{group.replace('.', '/')}/{artifact}/{version}/{artifact}-{version}.jar"
