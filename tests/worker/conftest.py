"""A real child process, spoken to frame by frame."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.core import protocol
from app.core.engine.engine_frames import Finished, Load, ModelInfo
from app.core.protocol import Hello, Stopped

ROOT = Path(__file__).parents[2]


class RawChild:
    """A child without the program's own runner in between, so that its pipes can be abused."""

    def __init__(self, *command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
        )

    def write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, *frames):
        for frame in frames:
            self.write(protocol.encode(frame))

    def receive(self):
        return protocol.decode_event(self.process.stdout.readline())

    def until(self, *kinds):
        """The events up to the first one of these kinds, which is the last."""
        events = [self.receive()]
        while not isinstance(events[-1], kinds):
            events.append(self.receive())
        return events

    def greet(self):
        greeting = self.receive()
        self.send(Hello(version=protocol.VERSION))
        return greeting

    def load(self, path, **options):
        self.send(Load(path=str(path), **options))
        return self.until(ModelInfo, protocol.Failed, Stopped)[-1]

    def reply(self, command):
        self.send(command)
        return self.until(Finished, protocol.Failed)

    def close(self):
        self.process.stdin.close()
        return self.process.wait()

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()
        self.process.wait()


@pytest.fixture
def start():
    children = []

    def start_child(role="engine", program=("-m", "app")):
        children.append(RawChild(sys.executable, *program, "--role", role))
        return children[-1]

    yield start_child
    for child in children:
        child.end()


@pytest.fixture
def engine_child(start):
    child = start()
    child.greet()
    return child
