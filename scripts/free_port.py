"""Prints the first free port from the one given upwards, on this machine's loopback."""

from __future__ import annotations

import socket
import sys


def first_free(start: int) -> int:
    for port in range(start, start + 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise SystemExit(f"No free port between {start} and {start + 199}. Name one: make run PORT=9000.")


if __name__ == "__main__":
    print(first_free(int(sys.argv[1])))
