"""An engine in the tests' own process, and what a reply of it amounts to."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from app.core.engine.engine_frames import Finished, Generate, Piece, PromptProgress
from app.core.engine.loading import LoadOptions
from app.core.engine.messages import Message, Role
from app.core.engine.sampling import Sampling
from app.engines.base import StopFlag
from app.engines.llama.engine import LlamaEngine
from app.worker.engine_role import describe

GREEDY = Sampling(temperature=0, max_tokens=24)


@dataclass
class Reply:
    """The events of one reply, as they came."""

    events: list = field(default_factory=list)

    @property
    def pieces(self):
        return [event for event in self.events if isinstance(event, Piece)]

    @property
    def text(self):
        return "".join(piece.text for piece in self.pieces)

    @property
    def reasoning(self):
        return "".join(piece.reasoning for piece in self.pieces)

    @property
    def progress(self):
        return [event for event in self.events if isinstance(event, PromptProgress)]

    @property
    def finished(self):
        (found,) = [event for event in self.events if isinstance(event, Finished)]
        assert found is self.events[-1]
        return found

    @property
    def usage(self):
        return self.finished.usage


class Talk:
    """A loaded engine, asked with as little ceremony as possible."""

    def __init__(self, engine):
        self.engine = engine
        self.info = None
        self.history = ()

    def load(self, path, **options):
        self.history = ()
        self.info = self.engine.load(describe(path), LoadOptions(**options), lambda event: None, StopFlag())
        return self

    def generate(self, *messages, sampling=GREEDY, stop=None, on_event=None, **command):
        reply = Reply()

        def emit(event):
            reply.events.append(event)
            if on_event:
                on_event(event)

        self.engine.generate(Generate(id=7, messages=messages, sampling=sampling, **command), emit, stop or StopFlag())
        return reply

    def say(self, text, **options):
        """One more turn of the same conversation."""
        self.history = (*self.history, Message(Role.USER, text))
        reply = self.generate(*self.history, **options)
        self.history = (*self.history, Message(Role.ASSISTANT, reply.text))
        return reply

    @property
    def vocabulary(self):
        return self.engine._live.loaded.vocabulary


@pytest.fixture(scope="session")
def engine():
    return LlamaEngine()


@pytest.fixture
def talk(engine):
    yield Talk(engine)
    engine.unload()


@pytest.fixture
def tiny(talk, tiny_gguf):
    return talk.load(tiny_gguf)
