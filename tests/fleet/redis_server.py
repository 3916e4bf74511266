"""A real Redis server on this machine, which tests start, kill, and start again with an empty memory."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
import time

__all__ = ["MISSING", "RedisServer"]

EXECUTABLE = shutil.which("redis-server") or shutil.which("valkey-server")
MISSING = "redis-server is not installed (Debian: apt-get install redis-server)" if EXECUTABLE is None else ""
START_SECONDS = 20.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class RedisServer:
    """A server without persistence, on a port of its own.

    Attributes:
        url: Its URL.
    """

    def __init__(self) -> None:
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.TemporaryDirectory()
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start it with an empty memory, and wait until it responds."""
        command = [
            str(EXECUTABLE),
            "--port",
            str(self._port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]
        self._process = subprocess.Popen(
            [*command, "--loglevel", "warning"],
            cwd=self._folder.name,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                assert self.command("PING") == "+PONG"
            except OSError:
                time.sleep(0.01)
            else:
                return
        raise AssertionError("redis-server does not respond")

    def kill(self) -> None:
        """End it at once, as a crash does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def suspend(self) -> None:
        """Let it accept connections and not respond any more, until `resume`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it respond again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def command(self, *words: str) -> str:
        """Send one command, and return the text of its response."""
        with socket.create_connection(("127.0.0.1", self._port), timeout=5) as connection:
            connection.sendall(f"{' '.join(words)}\r\nQUIT\r\n".encode())
            received = b""
            while chunk := connection.recv(1 << 16):
                received += chunk
        return received.decode().removesuffix("+OK\r\n").strip()

    def scripts_run(self) -> int:
        """Return how many scripts ran since it was started."""
        calls = 0
        for line in self.command("INFO", "commandstats").splitlines():
            if line.startswith(("cmdstat_evalsha:", "cmdstat_eval:", "cmdstat_publish:")):
                calls += int(line.partition("calls=")[2].partition(",")[0])
        return calls

    def close(self) -> None:
        """End it, and remove its folder."""
        self.kill()
        self._folder.cleanup()
