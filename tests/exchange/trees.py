"""Random conversations, and what makes two of them the same."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st

from app.core.chat.presets import ChosenPreset, Preset
from app.core.engine.loading import KvType, LoadOptions
from app.core.engine.messages import FinishReason, MessageState, ModelIdentity, ReplyRecord, Role, Timings, Usage
from app.core.engine.sampling import Sampling
from app.core.errors import Failure
from app.exchange.portable import PortableConversation, PortableMessage

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
TIMES = st.floats(0, 4e9)

RECORD = ReplyRecord(
    model=ModelIdentity("Tiny", "/models/tiny.gguf", 1234, "llama", "Q4_0", "ab" * 32),
    engine="llama.cpp",
    engine_version="1",
    template="chatml",
    sampling=Sampling(temperature=0.2, stop=("\n",), logit_bias={5: -1.0}),
    options=LoadOptions(kv_type_k=KvType.Q8_0, context_length=4096),
    seed=7,
    view_start=2,
    usage=Usage(10, 2, 3),
    timings=Timings(0.1, 0.2, 0.3, 100.0, 10.0),
    finish_reason=FinishReason.LENGTH,
    failure=Failure("EngineFailed", {"activity": "reading"}, "log"),
)

PRESET = ChosenPreset(
    preset=Preset(
        name="Terse", system="Answer in {{language}}.", sampling=Sampling(temperature=0.1), template="chatml"
    ),
    values={"language": "Latin"},
    system="Answer in Latin.",
)

STATES = [state for state in MessageState if state is not MessageState.STREAMING]


@st.composite
def conversations(draw, origin="chatgpt:1"):
    """A tree of any shape, also of several roots."""
    messages = []
    for number in range(1, draw(st.integers(0, 12)) + 1):
        role = draw(st.sampled_from(Role))
        messages.append(
            PortableMessage(
                id=number,
                parent=draw(st.sampled_from([None, *range(1, number)])),
                role=role,
                text=draw(TEXTS),
                reasoning=draw(TEXTS),
                state=draw(st.sampled_from(STATES)),
                created_at=draw(TIMES),
                record=draw(st.sampled_from([None, RECORD])) if role is Role.ASSISTANT else None,
                pinned=draw(st.booleans()),
            )
        )
    with_children = {message.parent for message in messages}
    leaves = [message.id for message in messages if message.id not in with_children]
    return PortableConversation(
        origin=origin,
        title=draw(TEXTS.filter(bool)),
        created_at=draw(st.floats(1, 4e9)),
        updated_at=draw(st.floats(1, 4e9)),
        leaf=draw(st.sampled_from(leaves)) if leaves else None,
        folder=draw(st.sampled_from([(), ("Work",), ("Work", "Plans"), ("Plans",)])),
        pinned=draw(st.booleans()),
        archived=draw(st.booleans()),
        preset=draw(st.sampled_from([None, PRESET])),
        messages=tuple(messages),
    )


def shape(conversation):
    """All that is known of a conversation but its messages' ids: each message with its children in order."""
    below = {}
    for message in sorted(conversation.messages, key=lambda message: message.id):
        below.setdefault(message.parent, []).append(message)

    def node(message):
        said = msgspec.structs.replace(message, id=0, parent=None)
        return (said, message.id == conversation.leaf, [node(child) for child in below.get(message.id, ())])

    head = msgspec.structs.replace(conversation, leaf=None, messages=())
    return head, [node(root) for root in below.get(None, ())]
