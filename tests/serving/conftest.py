"""`parley serve` as a user starts it: a real process with a tiny model, and what it reports."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from tests.cli.conftest import CommandLine, parley

__all__ = ["parley"]

ENDLESS: dict[str, Any] = {"logit_bias": {"0": -100, "2": -100}, "extra_body": {"grammar": "root ::= [a-z ]*\n"}}
"""Options for a reply that takes long enough to do something to it."""

Facts = dict[str, Any]


@dataclass(frozen=True)
class Served:
    """A running `parley serve --json`."""

    line: CommandLine
    process: subprocess.Popen[bytes]
    base_url: str
    model: str
    clients: list[OpenAI] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.base_url.removesuffix("/v1").rpartition(":")[2])

    def client(self, **options: Any) -> OpenAI:
        self.clients.append(OpenAI(**{"base_url": self.base_url, "api_key": "-", "max_retries": 0, **options}))
        return self.clients[-1]

    def close(self) -> None:
        for client in self.clients:
            client.close()
        self.line.close()

    def report(self, wanted: Callable[[Facts], bool]) -> Facts:
        """The next line of the report that is wanted."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if wanted(fact := json.loads(line)):
                return fact
        raise AssertionError("the server ended")


def start(line: CommandLine, *options: str | Path) -> Served:
    process = line.start("serve", "--json", "--port", "0", *options)
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first, process.stderr.read().decode() if process.stderr else ""
    told = json.loads(first)
    assert told["type"] == "listening"
    return Served(line, process, told["base_url"], told["model"])


@pytest.fixture(scope="module")
def served(tiny_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One for the tests of a module; one request may wait while another is answered."""
    line = CommandLine(tmp_path_factory.mktemp("served") / "home")
    found = start(line, "--model", tiny_gguf, "--waiting", "1")
    yield found
    found.close()
