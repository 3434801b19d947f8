"""Where processes that share a sweep speak: a thread of one hands to all what each hands in.

A process that is lost is a connection that ends. The kernel closes those of a killed process at
once, and finds out by keep-alive that a host is gone.
"""

import secrets
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from multiprocessing.connection import Connection, wait

LOST_S = 60  # after so long without an answer a host is gone
_HELLO = 200  # bytes: no process says more at first


class Hub(threading.Thread):
    """Waits for `count` processes that know its `key`, at `port`, and serves them.

    All hand in a message, and then each is sent an empty one, followed by those of all by number.
    When a process is lost, or leaves, the others are sent a message that says so instead.
    """

    def __init__(self, count: int):
        super().__init__(daemon=True)
        self.count, self.key = count, secrets.token_hex(16)
        self._server = _listening()
        self.port: int = self._server.getsockname()[1]

    def run(self) -> None:
        """Serve until all have left."""
        serve(self._welcome())

    def _welcome(self) -> list[Connection]:
        """One connection per process, by number; strangers are sent away."""
        met: dict[int, Connection] = {}
        with self._server:
            while len(met) < self.count:
                connection = _kept_alive(self._server.accept()[0])
                with suppress(EOFError, OSError, ValueError):
                    said = connection.recv_bytes(_HELLO) if connection.poll(LOST_S) else b""
                    key, process = said.split()
                    if secrets.compare_digest(key, self.key.encode()):
                        met[int(process)] = connection
        return [met[process] for process in range(self.count)]


def meet(host: str, port: int, key: str, process: int) -> Connection:
    """The connection of a process to the hub on `host`.

    Raises:
      OSError: If it cannot be reached.
    """
    with socket.create_connection((host, port), LOST_S) as reached:
        reached.settimeout(None)
        connection = _kept_alive(reached)
    connection.send_bytes(f"{key} {process}".encode())
    return connection


def serve(connections: list[Connection]) -> None:
    """Hand to all what each hands in, until one is lost; then tell the others, and see them go."""
    process = 0  # with which we speak
    try:
        while True:
            contents: dict[int, bytes] = {}
            while len(contents) < len(connections):
                for connection in wait(connections):
                    process = connections.index(connection)  # type: ignore[arg-type]
                    contents[process] = connections[process].recv_bytes()
            for process in range(len(connections)):
                for content in (b"", *(contents[i] for i in range(len(connections)))):
                    connections[process].send_bytes(content)
    except (EOFError, OSError):
        words = f"process {process} of {len(connections)} is gone"
        _see_off([c for c in connections if c is not connections[process]], words.encode())


def _see_off(connections: Iterable[Connection], words: bytes) -> None:
    staying = set(connections)
    for connection in staying:
        with suppress(OSError):
            connection.send_bytes(words)
    while staying:  # a connection closed with messages unread would take the words with it
        for connection in wait(staying):
            try:
                connection.recv_bytes()  # type: ignore[union-attr]
            except (EOFError, OSError):
                staying.discard(connection)  # type: ignore[arg-type]


def _listening() -> socket.socket:
    """On every interface, at a port that is free."""
    if socket.has_dualstack_ipv6():
        return socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    return socket.create_server(("", 0))


def _kept_alive(end: socket.socket) -> Connection:
    """A connection that ends when the other host is silent for `LOST_S`, unless data is under way.

    Then the system's own, longer time counts: whoever is only suspended is not lost.
    """
    end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    times = {"TCP_KEEPIDLE": LOST_S // 2, "TCP_KEEPINTVL": LOST_S // 10, "TCP_KEEPCNT": 5}
    for option, value in times.items():
        if hasattr(socket, option):  # where it is not, the system has its own
            end.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return Connection(end.detach())
