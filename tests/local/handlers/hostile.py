"""Handlers that harm themselves and try to harm who runs them."""

import os
import signal
import subprocess
import sys
import time
from typing import Any

Event = dict[str, Any]


def ignore(event: Event, context: Any) -> None:
    """Ignores every signal that can be ignored, and goes on for ever."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    print("ignoring", os.getpid())
    while True:
        time.sleep(1)


def breed(event: Event, context: Any) -> None:
    """Forks children that fork, of which some leave the process group, and that outlive it."""
    pids = [os.getpid()]
    for index in range(event["count"]):
        child = subprocess.Popen(
            ["sh", "-c", "sleep 600 & echo $!; exec sleep 600"],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=index % 2 == 0,
        )
        assert child.stdout is not None
        pids += [child.pid, int(child.stdout.readline())]
    print("bred", *pids)
    time.sleep(600)


def flood(event: Event, context: Any) -> int:
    """Prints as many megabytes as asked for, in lines of 100 bytes."""
    chunk = (b"x" * 99 + b"\n") * 10_000
    for _ in range(event["mb"]):
        os.write(1, chunk)
    print("last")
    return event["mb"]


def flood_short(event: Event, context: Any) -> None:
    """Prints lines of one character."""
    chunk = b"y\n" * 500_000
    for _ in range(event["mb"]):
        os.write(1, chunk)


def long_line(event: Event, context: Any) -> None:
    """Prints one line of so many megabytes."""
    for _ in range(event["mb"]):
        os.write(1, b"z" * 1_000_000)
    os.write(1, b"\nafter\n")


def leak(event: Event, context: Any) -> None:
    """Holds more and more."""
    held = []
    while True:
        held.append(bytearray(os.urandom(1_000_000)))
        time.sleep(0.001)


def leak_in_child(event: Event, context: Any) -> None:
    """Lets a child hold more and more."""
    program = "import os\nheld = []\nwhile True: held.append(bytearray(os.urandom(1_000_000)))"
    subprocess.run([sys.executable, "-c", program], check=False)


def hold(event: Event, context: Any) -> int:
    """Holds some megabytes and lets go of them."""
    return len(bytearray(event["mb"] * 1_000_000))


def close_all(event: Event, context: Any) -> str:
    """Closes all three of its standard streams."""
    for stream in (0, 1, 2):
        os.close(stream)
    return "closed"
