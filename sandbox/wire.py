"""Unusual ways of sending an answer: not at all, half, slowly, late, or with a reset."""

import os
import select
import socket
import struct
import time
from threading import Event

from sandbox.calls import Wire


def nothing(connection: socket.socket, _answer: bytes) -> None:
    """Close without a byte."""
    connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket, _answer: bytes) -> None:
    """Close with a TCP reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())


def half(connection: socket.socket, answer: bytes) -> None:
    """Send the head and half of the body, then close."""
    head, _, body = answer.partition(b"\r\n\r\n")
    connection.sendall(head + b"\r\n\r\n" + body[: len(body) // 2])
    connection.shutdown(socket.SHUT_RDWR)


def too_short(connection: socket.socket, answer: bytes) -> None:
    """Announce half the body's length, send all of it, then close."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = [
        line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length:")
    ]
    lines.append(b"Content-Length: %d" % (len(body) // 2))
    connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
    connection.shutdown(socket.SHUT_RDWR)


def hang(seconds: float, closing: Event) -> Wire:
    """Say nothing for *seconds*, then close."""

    def send(connection: socket.socket, _answer: bytes) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not closing.is_set():
            left = min(0.2, max(end - time.monotonic(), 0))
            if select.select([connection], [], [], left)[0]:  # the caller has hung up
                break
        connection.shutdown(socket.SHUT_RDWR)

    return send


def drip(seconds: float, closing: Event) -> Wire:
    """Send the head, then the body byte by byte, over *seconds* in all."""

    def send(connection: socket.socket, answer: bytes) -> None:
        head, _, body = answer.partition(b"\r\n\r\n")
        connection.sendall(head + b"\r\n\r\n")
        for position in range(len(body)):
            if closing.wait(seconds / max(len(body), 1)):
                return
            connection.sendall(body[position : position + 1])

    return send
