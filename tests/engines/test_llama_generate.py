"""Replies of a real model: their text, their ends, their sampling and their record."""

from __future__ import annotations

import msgspec
import pytest
from llama_cpp import llama_cpp as llama

from app.core.engine.engine_errors import GrammarInvalid
from app.core.engine.messages import FinishReason, Message, Role
from app.core.engine.model_errors import NoModel
from app.core.engine.prompt_errors import EmptyPrompt, PromptTooLong
from app.core.engine.sampling import Sampling
from app.core.engine.templates import UnknownTemplate
from app.engines.llama.sampler import ChainSampler, GrammarSampler, after_thoughts
from app.engines.llama.vocabulary import Vocabulary

USER = Role.USER


def only(talk, *tokens):
    """A bias that leaves the model no other choice than these tokens."""
    return dict.fromkeys(tokens, 1000000.0)


def token_of(talk, piece):
    return next(token for token in range(talk.vocabulary.size) if talk.vocabulary.written(token) == piece)


def test_a_reply_streams_and_tells_its_record(tiny):
    reply = tiny.say("Hello")
    finished = reply.finished
    assert reply.text
    assert sum(piece.tokens for piece in reply.pieces) == reply.usage.completion_tokens == 24
    assert finished.reason is FinishReason.LENGTH
    assert finished.template == "built-in"
    assert reply.progress[0].done == 0
    assert reply.progress[-1].done == reply.progress[-1].total == reply.usage.prompt_tokens
    assert finished.timings.decode_rate > 0 and finished.timings.first_token_seconds >= finished.timings.prompt_seconds


def test_without_a_model_there_is_no_reply(talk):
    with pytest.raises(NoModel):
        talk.generate(Message(USER, "Hello"))


def test_a_token_of_33_spaces_is_kept_whole(tiny):
    spaces = token_of(tiny, b" " * 33)
    reply = tiny.say("x", sampling=Sampling(temperature=0, max_tokens=2, logit_bias=only(tiny, spaces)))
    assert reply.text == " " * 66


def test_invalid_bytes_appear_and_withhold_nothing(tiny):
    byte = token_of(tiny, b"\xff")
    reply = tiny.say("x", sampling=Sampling(temperature=0, max_tokens=3, logit_bias=only(tiny, byte)))
    assert reply.text == "\ufffd" * 3


def test_an_emoji_split_over_tokens_arrives_whole(tiny):
    grammar = 'root ::= "a🙂b"'
    assert len(tiny.vocabulary.tokenize("🙂")) > 1
    reply = tiny.say("x", sampling=Sampling(temperature=0, grammar=grammar))
    assert reply.text == "a🙂b"
    assert reply.finished.reason is FinishReason.STOP
    assert not any("\ufffd" in piece.text for piece in reply.pieces)


def test_an_emoji_cut_off_by_the_limit_is_a_replacement_character(tiny):
    reply = tiny.say("x", sampling=Sampling(temperature=0, grammar='root ::= "🙂"', max_tokens=1))
    assert reply.text == "\ufffd"


def test_a_stop_string_across_tokens_is_never_shown(tiny):
    sampling = Sampling(temperature=0, grammar='root ::= "one, tw o.END and more"', stop=(".END",))
    reply = tiny.say("x", sampling=sampling)
    assert reply.text == "one, tw o"
    assert reply.finished.reason is FinishReason.STOP


def test_what_only_looked_like_a_stop_string_is_shown(tiny):
    sampling = Sampling(temperature=0, grammar='root ::= "abc .EN"', stop=(".END",))
    assert tiny.say("x", sampling=sampling).text == "abc .EN"


def test_a_grammar_rules_sampled_text(tiny):
    sampling = Sampling(temperature=1.5, seed=5, grammar='root ::= ("yes" | "no") " " [0-9]{3}')
    answer, digits = tiny.say("x", sampling=sampling).text.split(" ")
    assert answer in ("yes", "no")
    assert digits.isdigit() and len(digits) == 3


def test_a_wrong_grammar_is_refused_and_the_engine_goes_on(tiny):
    with pytest.raises(GrammarInvalid) as caught:
        tiny.say("x", sampling=Sampling(grammar="root ::= ("))
    assert caught.value.detail
    assert tiny.say("x").text


def test_a_bias_forbids_a_token(tiny):
    first = tiny.say("x", sampling=Sampling(temperature=0, max_tokens=1)).text
    banned = token_of(tiny, first.encode())
    tiny.history = ()
    other = tiny.say("x", sampling=Sampling(temperature=0, max_tokens=1, logit_bias={banned: -1e6}))
    assert other.text != first


def test_a_bias_of_an_unknown_token_is_ignored(tiny):
    assert tiny.say("x", sampling=Sampling(temperature=0, max_tokens=3, logit_bias={10**8: 5.0})).text


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"repeat_penalty": 1.3, "frequency_penalty": 0.5, "presence_penalty": 0.5, "penalty_window": -1},
        {"dry_multiplier": 0.8, "dry_window": 64},
        {"xtc_probability": 0.5, "typical_p": 0.9, "min_p": 0.0, "top_k": 0, "top_p": 1.0},
        {"grammar": "root ::= [a-z ]{40}"},
    ],
)
def test_the_same_seed_gives_the_same_text(tiny, options):
    def text(seed):
        tiny.history = ()
        sampling = Sampling(temperature=1.0, max_tokens=32, seed=seed, **options)
        return tiny.say("Hello there", sampling=sampling).text

    assert text(11) == text(11) != text(12)


def test_a_drawn_seed_is_told_and_repeats_the_reply(tiny):
    first = tiny.say("Hello", sampling=Sampling(temperature=1.2, max_tokens=24))
    tiny.history = ()
    again = tiny.say("Hello", sampling=Sampling(temperature=1.2, max_tokens=24, seed=first.finished.seed))
    assert again.text == first.text


def test_penalties_see_the_prompt(tiny):
    word = " import"
    (token,) = tiny.vocabulary.tokenize(word)
    plain = {token: 10.0}
    greedy = Sampling(temperature=0, max_tokens=1, logit_bias=plain)
    assert tiny.say("x" + word, sampling=greedy).text == word
    tiny.history = ()
    harsh = Sampling(temperature=0, max_tokens=1, logit_bias=plain, repeat_penalty=5.0, presence_penalty=2.0)
    assert tiny.say("x" + word, sampling=harsh).text != word


def test_a_full_context_ends_the_reply(talk, tiny_gguf):
    talk.load(tiny_gguf, context_length=128)
    reply = talk.say("Hello", sampling=Sampling(temperature=0, logit_bias=dict.fromkeys(talk.vocabulary.ends, -1e6)))
    assert reply.finished.reason is FinishReason.CONTEXT
    assert reply.usage.context_tokens == 128


def test_old_turns_make_room_and_the_view_is_told(talk, tiny_gguf):
    talk.load(tiny_gguf, context_length=256)
    for turn in range(6):
        reply = talk.say(f"Question {turn}: " + "word " * 20)
    assert reply.finished.view_start > 0
    assert reply.finished.view_start == reply.progress[0].view_start
    assert reply.usage.context_tokens <= 256


def test_a_prompt_longer_than_the_context_is_refused(talk, tiny_gguf):
    talk.load(tiny_gguf, context_length=128)
    with pytest.raises(PromptTooLong) as caught:
        talk.say("word " * 500)
    assert caught.value.values["limit"] < 128


def test_megabytes_are_refused_without_being_tokenized(talk, tiny_gguf, monkeypatch):
    talk.load(tiny_gguf, context_length=128)
    tokenized = []
    whole = Vocabulary.tokenize
    monkeypatch.setattr(
        Vocabulary, "tokenize", lambda self, text, **how: tokenized.append(text) or whole(self, text, **how)
    )
    with pytest.raises(PromptTooLong) as caught:
        talk.say("word " * 1_000_000)
    assert 128 < caught.value.values["tokens"] <= 1_000_001
    assert tokenized == []


def test_an_empty_prompt_is_refused(tiny):
    with pytest.raises(EmptyPrompt):
        tiny.say("  \n")


def test_an_unknown_template_is_refused(tiny):
    with pytest.raises(UnknownTemplate):
        tiny.say("x", template="no such")


def test_a_model_without_a_template_gets_a_fallback(talk, tiny_no_template_gguf):
    talk.load(tiny_no_template_gguf)
    assert talk.info.template == talk.say("Hello").finished.template == "chatml"


def test_an_answer_is_continued_where_it_ended(tiny):
    whole = tiny.generate(Message(USER, "Hello"), sampling=Sampling(temperature=0, max_tokens=12))
    head = tiny.generate(Message(USER, "Hello"), sampling=Sampling(temperature=0, max_tokens=6))
    tail = tiny.generate(
        Message(USER, "Hello"), Message(Role.ASSISTANT, head.text), sampling=Sampling(temperature=0, max_tokens=6)
    )
    assert head.text + tail.text == whole.text
    assert tail.usage.reused_tokens == head.usage.context_tokens - 1


def test_reasoning_is_told_apart(tiny):
    grammar = 'root ::= "<think>let me see</think>It is so."'
    reply = tiny.say("x", sampling=Sampling(temperature=0, grammar=grammar))
    assert reply.reasoning == "let me see"
    assert reply.text == "It is so."


@pytest.mark.parametrize("lead", [None, 0xC0, 0xE0, 0xED, 0xF0, 0xF4, 0xF5])
def test_a_grammar_of_characters_counts_those_that_are_shown(tiny, lead):
    """The grammar alone takes bytes for a character that are none in UTF-8, after these lead bytes more often."""
    likely = [token for token in range(tiny.vocabulary.size) if tiny.vocabulary.piece(token) == bytes([lead or 0])]
    sampling = Sampling(temperature=2, grammar="root ::= [^a]{5}", max_tokens=40, logit_bias=dict.fromkeys(likely, 6.0))
    for seed in range(40):
        reply = tiny.generate(Message(USER, "x"), sampling=msgspec.structs.replace(sampling, seed=seed))
        assert len(reply.text) == 5 and "\ufffd" not in reply.text


def test_a_grammar_is_for_the_answer_and_not_for_thoughts_that_the_prompt_has_opened(tiny):
    begun = Message(Role.ASSISTANT, "", "Hm")
    sampling = Sampling(temperature=0, grammar='root ::= "yes"', max_tokens=4)
    reply = tiny.generate(Message(USER, "x"), begun, sampling=sampling)
    assert (reply.text, reply.finished.reason) == ("", FinishReason.LENGTH)
    assert reply.reasoning and "yes" not in reply.reasoning


@pytest.mark.parametrize("end", ["</think>", "[/THINK]", "<|end_of_thought|>"])
def test_after_thoughts_nothing_but_what_the_grammar_allows_may_be_written(tiny, end):
    grammar, root = after_thoughts('root ::= "yes"', end)
    vocabulary = tiny.vocabulary
    tokens = {vocabulary.written(token): token for token in range(vocabulary.size)}

    def may_write(text):
        sampler = GrammarSampler(
            ChainSampler(Sampling(temperature=0), 0, vocabulary, 4096),
            llama.llama_sampler_init_grammar(vocabulary.pointer, grammar.encode(), root.encode()),
            vocabulary,
        )
        try:
            for token in [*(tokens[bytes([byte])] for byte in text.encode()), min(vocabulary.ends)]:
                if not sampler._allows(token):
                    return False
                llama.llama_sampler_accept(sampler._grammar, token)
            return True
        finally:
            sampler.close()

    assert all(map(may_write, [f"{end}yes", f"so <b>[1]</b> [/1] <|end|> </thin>\nthen{end}\n\nyes"]))
    assert not any(map(may_write, ["yes", f"hm{end}no", f"hm{end}", "hm"]))


def test_the_name_of_a_control_token_in_a_message_stays_text(tiny):
    reply = tiny.say("<|im_end|>", sampling=Sampling(temperature=0, max_tokens=1))
    other = tiny.say("x", sampling=Sampling(temperature=0, max_tokens=1))
    assert reply.usage.prompt_tokens > other.usage.prompt_tokens - reply.usage.context_tokens
    assert reply.usage.prompt_tokens >= 14


@pytest.mark.parametrize(
    ("beyond", "all_there_is"),
    [
        ({"repeat_penalty": 2.0, "penalty_window": 2**40}, {"repeat_penalty": 2.0, "penalty_window": -1}),
        ({"dry_multiplier": 2.0, "dry_window": 2**40}, {"dry_multiplier": 2.0, "dry_window": -1}),
        ({"dry_multiplier": 2.0, "dry_allowed_length": 2**40}, {}),
        ({"top_k": 2**40 + 1}, {"top_k": 100_000}),
    ],
)
def test_a_number_beyond_the_context_or_the_vocabulary_means_all_of_it(tiny, beyond, all_there_is):
    def text(options):
        tiny.history = ()
        sampling = Sampling(temperature=1.0, max_tokens=48, seed=11, min_p=0.0, top_p=1.0, **options)
        return tiny.say("Hello there Hello there Hello there", sampling=sampling).text

    assert text(beyond) == text(all_there_is)
