"""Replies from a real server, whole, stopped, and through a proxy that fails."""

from __future__ import annotations

import json
import threading
from urllib.request import Request, urlopen

import pytest

from app.core import protocol
from app.core.engine.engine_frames import Generate
from app.core.engine.messages import FinishReason, Message, Role
from app.core.engine.sampling import Sampling
from app.core.errors import Failure
from app.core.protocol import Failed
from app.core.remote.server_errors import (
    CertificatesUnreadable,
    KeyNotAllowed,
    KeyRejected,
    ReplyCutOff,
    ServerBusy,
    ServerFailed,
    ServerForbiddenOffline,
    ServerGarbled,
    ServerModelUnknown,
    ServerMoved,
    ServerRefused,
    ServerSilent,
    ServerUnreachable,
)
from app.engines.base import StopFlag
from tests.remote.faults import Plan

SSE = {"Content-Type": "text/event-stream"}


def events(*lines: str) -> str:
    return "".join(f"data: {line}\n\n" for line in lines)


def test_a_reply_is_what_the_server_says_to_anyone(talker, model_server):
    info = talker.connect(model_server.address)
    finished = talker.say("hello", max_tokens=12)
    assert (info.name, info.path, info.device, info.engine) == ("tiny", model_server.address, "Far", "openai")
    assert finished.reason is FinishReason.LENGTH
    assert finished.usage.completion_tokens in (11, 12)  # a token without text of its own is not told
    assert finished.timings.first_token_seconds > 0
    asked = {"messages": [{"role": "user", "content": "hello"}], "max_tokens": 12, "temperature": 0}
    request = Request(f"{model_server.address}/chat/completions", json.dumps(asked).encode())
    request.add_header("Content-Type", "application/json")
    with urlopen(request, timeout=20) as answer:
        said = json.load(answer)["choices"][0]["message"]["content"]
    assert talker.text == said


def test_a_model_that_the_user_named_needs_no_list(talker, proxy):
    proxy.plan.listing = 500
    with pytest.raises(ServerFailed):
        talker.connect(proxy.address)
    assert talker.connect(proxy.address, typed_models=("tiny",)).name == "tiny"
    assert talker.say().usage.completion_tokens > 0


def test_what_was_said_is_sent_and_the_options_by_their_names(talker, proxy):
    talker.connect(proxy.address)
    history = (Message(Role.SYSTEM, "Be brief."), Message(Role.USER, "One?"), Message(Role.ASSISTANT, "Two."))
    sampling = Sampling(temperature=0.5, top_k=7, seed=3, stop=("END",), max_tokens=4, repeat_penalty=1.1)
    talker.generate(Generate(7, (*history, Message(Role.USER, "Three?")), sampling))
    (sent,) = proxy.seen
    assert [(one["role"], one["content"]) for one in sent["messages"]] == [
        ("system", "Be brief."), ("user", "One?"), ("assistant", "Two."), ("user", "Three?"),
    ]  # fmt: skip
    asked = {name: sent[name] for name in ("temperature", "top_k", "min_p", "seed", "stop", "max_tokens", "model")}
    assert asked == {"temperature": 0.5, "top_k": 7, "min_p": 0.05, "seed": 3, "stop": ["END"], "max_tokens": 4,
                     "model": "tiny"}  # fmt: skip
    assert sent["repetition_penalty"] == sent["repeat_penalty"] == 1.1
    assert sent["stream_options"] == {"include_usage": True}


def test_reasoning_and_usage_are_read_in_their_forms(talker, proxy):
    talker.connect(proxy.address)
    chunks = events(
        '{"choices":[{"delta":{"role":"assistant","reasoning_content":"Hm"}}]}',
        '{"choices":[{"delta":{"reasoning":", so"}}]}',
        '{"choices":[{"delta":{"content":"Yes"}}]}',
        '{"choices":[{"delta":{},"finish_reason":"stop"}]}',
        '{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":8}}}',
        "[DONE]",
    )
    proxy.plan = Plan([(200, chunks, SSE)])
    finished = talker.say()
    assert (talker.reasoning, talker.text) == ("Hm, so", "Yes")
    usage = finished.usage
    assert (usage.prompt_tokens, usage.reused_tokens, usage.completion_tokens) == (10, 8, 5)
    assert finished.reason is FinishReason.STOP


def test_reasoning_between_tags_is_told_from_the_answer(talker, proxy):
    talker.connect(proxy.address)
    pieces = ("<thi", "nk>Hm</th", "ink>Yes")
    said = [f'{{"choices":[{{"delta":{{"content":"{piece}"}}}}]}}' for piece in pieces]
    end = '{"choices":[{"delta":{},"finish_reason":"length"}]}'
    proxy.plan = Plan([(200, events(*said, end), SSE)])
    assert talker.say().reason is FinishReason.LENGTH
    assert (talker.reasoning, talker.text) == ("Hm", "Yes")


def test_a_character_that_comes_in_halves_is_one(talker, proxy):
    talker.connect(proxy.address)
    pieces = ("Well \\ud83d", "\\ude00", " or \\ude00", "\\ud83d!", "\\ud83d")
    said = [f'{{"choices":[{{"delta":{{"content":"{piece}","reasoning":"{piece}"}}}}]}}' for piece in pieces]
    end = '{"choices":[{"delta":{},"finish_reason":"stop"}]}'
    proxy.plan = Plan([(200, events(*said, end), SSE)])
    talker.say()
    assert talker.text == talker.reasoning == "Well \N{GRINNING FACE} or \ufffd\ufffd!\ufffd"
    assert all(protocol.encode(event) for event in talker.events)


def test_a_refusal_in_half_a_character_can_be_told(talker, proxy):
    talker.connect(proxy.address)
    proxy.plan = Plan([(400, '{"error": {"message": "no \\ud83d"}}', {})] * 9)
    with pytest.raises(ServerRefused) as caught:
        talker.say()
    assert protocol.encode(Failed(failure=Failure.of(caught.value)))


def test_a_stop_ends_the_work_of_the_server(talker, leavable_server):
    talker.connect(leavable_server.address)
    threading.Thread(target=lambda: (talker.at.wait(20), talker.stop.set())).start()
    finished = talker.say("hello", max_tokens=3900)
    assert finished.reason is FinishReason.CANCELLED
    assert len(talker.text) > 0
    assert finished.usage.completion_tokens < 3900
    assert "disconnected\n" in leavable_server.process.stdout  # the server's own word, once it has let go


def test_a_stop_before_the_first_token_is_at_once(talker, proxy):
    talker.connect(proxy.address)
    proxy.plan = Plan(begin=threading.Event())
    threading.Timer(0.1, talker.stop.set).start()
    assert talker.say().reason is FinishReason.CANCELLED
    assert talker.text == ""


def test_a_slow_start_is_waited_for(talker, proxy):
    talker.connect(proxy.address)
    proxy.plan = Plan(begin=threading.Event())
    threading.Timer(0.3, proxy.plan.begin.set).start()
    assert talker.say(max_tokens=8).reason is FinishReason.LENGTH


@pytest.mark.parametrize("fault", ["cut", "end", "garbage"])
def test_what_came_before_a_break_is_kept(talker, proxy, fault):
    talker.connect(proxy.address)
    proxy.plan = Plan(**{fault: 6})
    with pytest.raises(ReplyCutOff, match="Far"):
        talker.say()
    assert talker.text
    assert len(proxy.seen) == 1  # never asked again once words have come


def test_silence_in_the_middle_is_given_up(talker, proxy):
    talker.connect(proxy.address, timeout=3)  # the real server may need some of them for its first words
    proxy.plan = Plan(stall=6)
    with pytest.raises(ServerSilent):
        talker.say()
    assert talker.text


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, KeyRejected), (403, KeyNotAllowed), (404, ServerModelUnknown), (409, ServerRefused), (307, ServerMoved)],
)
def test_a_refusal_is_told_at_once_and_without_the_key(talker, proxy, status, kind):
    talker.connect(proxy.address, key="sk-secret")
    told = {"error": {"message": "Not with sk-secret."}}
    proxy.plan = Plan([(status, told, {"Location": "http://127.0.0.1:9/v1"})])
    with pytest.raises(kind) as caught:
        talker.say()
    assert "sk-secret" not in f"{caught.value} {caught.value.detail} {caught.value.values}"
    assert len(proxy.seen) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(talker, proxy, status):
    talker.connect(proxy.address)
    proxy.plan = Plan([(status, {"error": {"message": "later"}}, {"Retry-After": "0"})] * 2)
    assert talker.say(max_tokens=4).reason is FinishReason.LENGTH
    assert len(proxy.seen) == 3


@pytest.mark.parametrize(("status", "kind"), [(429, ServerBusy), (502, ServerFailed)])
def test_a_server_that_stays_busy_is_given_up(talker, proxy, status, kind):
    talker.connect(proxy.address)
    proxy.plan = Plan([(status, "no", {})] * 9)
    with pytest.raises(kind):
        talker.say()
    assert len(proxy.seen) == 4


def test_a_long_wait_is_left_to_the_user(talker, proxy):
    talker.connect(proxy.address)
    proxy.plan = Plan([(429, {"error": {"message": "quota"}}, {"Retry-After": "600"})])
    with pytest.raises(ServerBusy, match="600 seconds"):
        talker.say()
    assert len(proxy.seen) == 1


@pytest.mark.parametrize("wait", ["nan", "inf", "-inf", "1e999", "soon", "-1"])
def test_a_wait_that_makes_no_sense_is_none(talker, proxy, wait):
    talker.connect(proxy.address)
    proxy.plan = Plan([(429, "no", {"Retry-After": wait})] * 9)
    with pytest.raises(ServerBusy):
        talker.say()
    assert len(proxy.seen) == 4


class StoppedAtOnce(StopFlag):
    """Somebody stops as soon as there is a wait."""

    def wait(self, seconds: float) -> bool:
        self.set()
        return super().wait(seconds)


def test_a_stop_ends_the_wait_for_a_busy_server(talker, proxy):
    talker.connect(proxy.address)
    proxy.plan = Plan([(429, "no", {"Retry-After": "20"})])
    talker.stop = StoppedAtOnce()
    assert talker.say().reason is FinishReason.CANCELLED
    assert len(proxy.seen) == 1


def test_a_parameter_that_is_refused_is_left_out_and_named(talker, proxy):
    talker.connect(proxy.address)
    proxy.plan = Plan([(400, {"error": {"message": "no", "param": "top_k"}}, {})])
    assert talker.say(max_tokens=4).left_out == ("top_k",)
    assert "top_k" in proxy.seen[0] and "top_k" not in proxy.seen[1] and "min_p" in proxy.seen[1]


def test_without_a_name_all_that_is_unusual_is_left_out(talker, proxy):
    talker.connect(proxy.address)
    proxy.plan = Plan([(422, {"detail": [{"msg": "extra fields not permitted"}]}, {})])
    assert talker.say(max_tokens=4).left_out == ("stream_options", "top_k", "min_p")
    assert "temperature" in proxy.seen[1]


def test_a_request_that_is_refused_for_good_says_why(talker, proxy):
    talker.connect(proxy.address)
    proxy.plan = Plan([(400, {"error": {"message": "the conversation is too long"}}, {})] * 9)
    with pytest.raises(ServerRefused, match="the conversation is too long"):
        talker.say()
    assert len(proxy.seen) == 2


@pytest.mark.parametrize("body", ["<html>Hello</html>", "", '{"choices": 3}'])
def test_an_answer_of_something_else_is_not_understood(talker, proxy, body):
    talker.connect(proxy.address)
    proxy.plan = Plan([(200, body, {"Content-Type": "text/html"})])
    with pytest.raises(ServerGarbled):
        talker.say()


ODD = (
    '{"choices": 3}',
    '{"choices":[{"delta":7}]}',
    "[1,2]",
    "3",
    '{"usage":{"prompt_tokens":"x"}}',
)


@pytest.mark.parametrize("line", ODD)
def test_odd_events_are_no_reply_and_no_crash(talker, proxy, line):
    talker.connect(proxy.address)
    proxy.plan = Plan([(200, events(line), SSE)])
    with pytest.raises((ReplyCutOff, ServerGarbled)):
        talker.say()


def test_an_error_within_the_stream_is_told(talker, proxy):
    talker.connect(proxy.address)
    proxy.plan = Plan([(200, events('{"error":{"message":"out of memory"}}'), SSE)] * 9)
    with pytest.raises(ServerFailed, match="out of memory"):
        talker.say()


def test_a_model_that_is_not_there_is_refused_at_once(talker, model_server):
    with pytest.raises(ServerModelUnknown, match="huge"):
        talker.connect(model_server.address, "huge")


def test_nobody_listens(talker):
    with pytest.raises(ServerUnreachable, match="there is no connection"):
        talker.connect("http://127.0.0.1:9/v1")


def test_the_key_goes_along_and_nothing_of_this_machine(talker, proxy, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    monkeypatch.setenv("OPENAI_ORG_ID", "org")
    talker.connect(proxy.address, key="sk-mine")
    talker.say(max_tokens=2)
    for headers in proxy.headers:
        assert headers["Authorization"] == "Bearer sk-mine"
        assert set(map(str.lower, headers)) <= {
            "host", "accept", "accept-encoding", "connection", "content-type", "content-length", "user-agent",
            "authorization",
        }  # fmt: skip
    assert set(talker.hosts) == {"127.0.0.1"}


def test_without_a_key_none_is_sent(talker, proxy, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    talker.connect(proxy.address)
    talker.say(max_tokens=2)
    assert not any("Authorization" in headers for headers in proxy.headers)


def test_a_proxy_is_never_asked_for_this_machine(talker, model_server, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    talker.connect(model_server.address)
    assert talker.say(max_tokens=2).reason is FinishReason.LENGTH


def test_offline_forbids_other_machines_alone(talker, model_server):
    offline = {"HF_HUB_OFFLINE": "1"}
    with pytest.raises(ServerForbiddenOffline):
        talker.connect("http://192.0.2.1:8000/v1", environment=offline)
    assert talker.hosts == []
    talker.connect(model_server.address, environment=offline)
    assert talker.say(max_tokens=2).reason is FinishReason.LENGTH


def test_a_file_without_certificates_is_told(talker, tmp_path):
    file = tmp_path / "ca.pem"
    file.write_text("nothing")
    with pytest.raises(CertificatesUnreadable, match=r"ca\.pem"):
        talker.connect("https://127.0.0.1:9/v1", ca_file=str(file))
