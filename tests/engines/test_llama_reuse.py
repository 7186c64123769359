"""What a new prompt finds in the KV cache again, and that a stop never leaves it wrong."""

from __future__ import annotations

import threading

import pytest

from app.core.engine.engine_frames import Piece, PromptProgress
from app.core.engine.messages import FinishReason, Message, Role
from app.core.engine.sampling import Sampling
from app.engines.base import StopFlag

USER = Role.USER
WARM = Sampling(temperature=1.0, seed=4, max_tokens=40)
GREEDY = Sampling(temperature=0, max_tokens=24)


def test_a_second_turn_evaluates_only_what_is_new(tiny):
    first = tiny.say("Hello there", sampling=WARM)
    generated = tiny.engine._live.sequence.tokens[first.usage.prompt_tokens :]
    assert generated != tiny.vocabulary.tokenize(first.text), "the reply must not be canonical for this to tell"
    second = tiny.say("And then?", sampling=WARM)
    third = tiny.say("And after that?", sampling=WARM)
    assert second.usage.reused_tokens == first.usage.context_tokens - 1
    assert third.usage.reused_tokens == second.usage.context_tokens - 1
    assert second.progress[0].done == second.usage.reused_tokens


def test_a_reply_that_ended_by_itself_is_reused_whole(tiny):
    first = tiny.say("x", sampling=Sampling(temperature=0, grammar='root ::= "some text of its own"'))
    assert first.finished.reason is FinishReason.STOP
    assert tiny.say("y").usage.reused_tokens == first.usage.context_tokens


def test_the_same_prompt_again_evaluates_one_token(tiny):
    first = tiny.say("Hello there")
    tiny.history = ()
    again = tiny.say("Hello there")
    assert again.usage.reused_tokens == first.usage.prompt_tokens - 1
    assert again.text == first.text


def test_reuse_does_not_change_the_reply(tiny, tiny_gguf):
    tiny.say("Hello there", sampling=WARM)
    reused = tiny.say("And then?")
    path = tiny.history[:-1]
    tokens = tiny.engine._live.sequence.tokens[: reused.usage.prompt_tokens]
    tiny.load(tiny_gguf)
    fresh = tiny.generate(*path)
    assert fresh.usage.reused_tokens == 0
    if tiny.engine._live.sequence.tokens[: len(tokens)] == tokens:
        assert fresh.text == reused.text


def test_another_conversation_shares_only_the_beginning(tiny):
    tiny.say("Hello there")
    tiny.history = ()
    assert 0 < tiny.say("Something else entirely").usage.reused_tokens < 8


@pytest.fixture
def larger(talk, make_model):
    return talk.load(make_model("15m"))


LONG = "for each line in the file print its number and then the words of it. " * 120


def stopped_while_reading(talk, when):
    stop = StopFlag()
    threads = []

    def on_event(event):
        if isinstance(event, PromptProgress) and event.done == when:
            threads.append(threading.Thread(target=stop.set))
            threads[-1].start()

    reply = talk.generate(Message(USER, LONG), stop=stop, on_event=on_event)
    for thread in threads:
        thread.join()
    return reply


@pytest.mark.parametrize("when", [0, 512])
def test_a_stop_while_reading_keeps_what_was_read(larger, make_model, when):
    undisturbed = larger.generate(Message(USER, LONG))
    larger.load(make_model("15m"))
    stopped = stopped_while_reading(larger, when)
    assert stopped.finished.reason is FinishReason.CANCELLED
    assert stopped.progress[-1].done < stopped.progress[-1].total
    assert stopped.usage.completion_tokens == 0 and stopped.text == ""
    after = larger.generate(Message(USER, LONG))
    assert after.usage.reused_tokens == stopped.progress[-1].done
    assert after.text == undisturbed.text


def test_a_stop_while_writing_keeps_what_was_written(larger, make_model):
    undisturbed = [larger.say("Hello"), larger.say("Go on")]
    larger.load(make_model("15m"))
    stop = StopFlag()

    def on_event(event):
        if isinstance(event, Piece):
            stop.set()

    stopped = larger.generate(Message(USER, "Hello"), stop=stop, on_event=on_event)
    assert stopped.finished.reason is FinishReason.CANCELLED
    assert 0 < stopped.usage.completion_tokens < 24
    assert undisturbed[0].text.startswith(stopped.text)
    again = [larger.say("Hello"), larger.say("Go on")]
    assert [reply.text for reply in again] == [reply.text for reply in undisturbed]
    assert again[0].usage.reused_tokens == stopped.usage.prompt_tokens - 1


def test_a_flag_set_before_the_start_stops_at_once(tiny):
    stop = StopFlag()
    stop.set()
    reply = tiny.generate(Message(USER, "Hello"), stop=stop)
    assert reply.finished.reason is FinishReason.CANCELLED
    assert reply.usage.completion_tokens == 0


@pytest.mark.parametrize("shape", ["window", "recurrent"])
def test_models_that_forget_are_read_again_and_answer_the_same(talk, make_model, shape):
    """With a window or a recurrent state, an earlier point of the context cannot be gone back to."""
    path = make_model(shape)
    long_prompt = "word for word " * 100
    fresh = [talk.load(path).say(long_prompt, sampling=GREEDY), talk.say("Go on")]
    assert fresh[1].usage.reused_tokens == fresh[0].usage.context_tokens - 1
    long_reply = Sampling(temperature=0, max_tokens=1500, logit_bias=dict.fromkeys(talk.vocabulary.ends, -1e6))
    talk.generate(Message(USER, long_prompt), sampling=long_reply)
    again = talk.generate(Message(USER, long_prompt), sampling=GREEDY)
    assert again.usage.reused_tokens == 0
    assert again.text == fresh[0].text
