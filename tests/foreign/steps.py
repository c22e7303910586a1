"""What the stories of the Python clients share: named steps, and the control socket of the simulator."""

import argparse
import asyncio
import json
import os
import socket
import sys
import time
import traceback
from contextlib import contextmanager

# How long one thing may take to happen. Five-second bars are the slowest of them.
PATIENCE = 20.0

# When the Gateway's clock began, 2026-03-04 15:10:30 UTC: a trading morning, so that no story hangs on when it is told.
GATEWAY_BEGAN = 1_772_637_030


class StepFailed(Exception):
    """A step of a story went wrong; the message names it."""


@contextmanager
def step(name):
    """Runs one step. Whatever goes wrong in it is told under its name."""
    started = time.monotonic()
    try:
        yield
    except Exception as problem:
        said = str(problem) or "no reason given"
        raise StepFailed(f"step `{name}` failed: {type(problem).__name__}: {said}") from problem
    print(f"{name}: {(time.monotonic() - started) * 1000:.0f} ms", flush=True)


def equal(seen, wanted, what):
    """Demands a value."""
    if seen != wanted:
        raise AssertionError(f"{what}: expected {wanted!r}, got {seen!r}")


def check(holds, what):
    """Demands that something holds; `what` says what does not."""
    if not holds:
        raise AssertionError(what)


def sane_bar(low, high, *inside):
    """Whether a bar's prices lie between its low and its high."""
    return 0 < low <= min(inside) and max(inside) <= high


class Gateway:
    """The simulator's control socket."""

    def __init__(self, path):
        self.path = path

    def ask(self, do, **fields):
        """Sends one request and returns what it answers."""
        with socket.socket(socket.AF_UNIX) as caller:
            caller.settimeout(PATIENCE)
            caller.connect(self.path)
            caller.sendall(json.dumps({"do": do, **fields}).encode() + b"\n")
            answer = json.loads(caller.makefile().readline())
        if "error" in answer:
            raise RuntimeError(f"the simulator refuses {do}: {answer['error']}")
        return answer["ok"]

    def order_by_hand(self, action, quantity, symbol, limit):
        """Places a limit order as a person does; returns its permId."""
        return self.ask("order", action=action, quantity=quantity, symbol=symbol, limit=limit)


def tell(about, subjects):
    """Reads the command line, tells the chosen subjects (functions of host, port, gateway) and exits."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("subject", nargs="*", help=f"of {', '.join(subjects)}")
    parser.add_argument("--control", help="the simulator's control socket, for subjects that steer it")
    arguments = parser.parse_intermixed_args()
    gateway = Gateway(arguments.control) if arguments.control else None
    for subject in arguments.subject or [name for name, (_, default) in subjects.items() if default]:
        story, _ = subjects[subject]
        try:
            told = story(arguments.host, arguments.port, gateway)
            if asyncio.iscoroutine(told):
                asyncio.run(told)
        except StepFailed as failed:
            traceback.print_exception(failed.__cause__)
            print(f"{subject}: {failed}", file=sys.stderr, flush=True)
            # Clients have threads of their own, which nobody stops now.
            os._exit(1)
