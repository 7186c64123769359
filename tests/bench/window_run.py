"""One conversation in the real window, with the figures of each turn as JSON; a program of its own.

python -m tests.bench.window_run MODEL --tokens 300 [--turns 2] [--prompt-words N] [--paced RATE]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.bootstrap.program import Program
from app.core.chat.conversations import StoredMessage
from app.core.engine.engine_frames import Generate
from app.core.paths import Folders
from app.services.engine_host import EngineState
from app.services.reply_run import ChatState
from tests.program import build

# The special tokens of the models that the bench makes.
ENDS = (0, 1, 2)


class Run:
    """Sends a message per turn, stops each reply after `tokens`, and writes down when tokens came."""

    def __init__(self, program: Program, tokens: int, turns: int, words: int, *, paced: bool) -> None:
        self._paced = paced
        self._program = program
        self._tokens = tokens
        self._turns = turns
        self._words = words
        self._seen = 0
        self._cpu: list[float] = []
        self._arrivals: list[float] = []
        self._stopped_at = 0.0
        self.figures: list[dict[str, Any]] = []
        engine, session = program.engines.engine, program.chats.session
        self._generate = engine.generate
        engine.generate = self._generate_without_end
        engine.state_changed.connect(self._on_engine)
        engine.reply_event.connect(self._on_event)
        session.reply_finished.connect(self._on_finished)
        program.engines.probe.found.connect(lambda _: self._begin())

    def _generate_without_end(self, command: Generate) -> None:
        """A model with random weights would end its reply at any moment."""
        endless = msgspec.structs.replace(command.sampling, logit_bias=dict.fromkeys(ENDS, -1000.0))
        self._generate(msgspec.structs.replace(command, sampling=endless))

    def _on_engine(self, state: EngineState) -> None:
        if state is EngineState.READY:
            self._begin()
        elif state is EngineState.FAILED:
            raise SystemExit(str(self._program.engines.engine.error))

    def _begin(self) -> None:
        """Not while the machine is still being looked at: what starts once is not part of a reply."""
        if self._program.engines.engine.state is EngineState.READY and (
            self._paced or self._program.engines.probe.machine is not None
        ):
            QTimer.singleShot(500, self._send)

    def _send(self) -> None:
        self._seen, self._cpu, self._arrivals = 0, [], []
        self._program.chats.session.send(" ".join(f"word{i}" for i in range(self._words)))

    def _on_event(self, event: Any) -> None:
        if tokens := getattr(event, "tokens", 0):
            self._seen += tokens
            now, cpu = time.perf_counter(), time.process_time()
            self._arrivals += [now] * tokens
            self._cpu += [cpu] * tokens
            if self._seen >= self._tokens and self._program.chats.session.state is ChatState.GENERATING:
                self._stopped_at = now
                self._program.chats.session.stop()

    def _on_finished(self, reply: StoredMessage) -> None:
        assert reply.record and reply.record.usage and reply.record.timings, reply.record
        self.figures.append(
            {
                "arrivals": [at - self._arrivals[0] for at in self._arrivals],
                "cpu": [at - self._cpu[0] for at in self._cpu],
                "stop_seconds": time.perf_counter() - self._stopped_at if self._stopped_at else None,
                "prompt_tokens": reply.record.usage.prompt_tokens,
                "reused_tokens": reply.record.usage.reused_tokens,
                "decode_rate": reply.record.timings.decode_rate,
            }
        )
        if len(self.figures) < self._turns:
            QTimer.singleShot(0, self._send)
        else:
            QApplication.quit()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("--tokens", type=int, default=300)
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--prompt-words", type=int, default=8)
    parser.add_argument("--paced", type=float)
    args = parser.parse_args()
    paced = [sys.executable, "-m", "tests.bench.paced_engine", str(args.paced), str(args.tokens)]
    with tempfile.TemporaryDirectory() as home:
        application = QApplication([])
        program = build(Folders.of({**os.environ, "PARLEY_HOME": home}), paced if args.paced else None)
        run = Run(
            program, sys.maxsize if args.paced else args.tokens, args.turns, args.prompt_words, paced=bool(args.paced)
        )
        program.window.resize(1100, 800)
        program.window.show()
        program.start(args.model)
        application.exec()
        program.close()
    print(json.dumps(run.figures))


if __name__ == "__main__":
    main()
