"""Each program's conversations come in as they were: branches, reasoning, models and all."""

from __future__ import annotations

import json

import pytest

from app.core.engine.messages import MessageState, Role
from app.core.errors import Failure
from app.exchange.reading import read_path
from tests.exchange import builders


def read(path):
    """The conversations in it, none of which may be bad."""
    found = list(read_path(path))
    assert not [one for one in found if isinstance(one.read, Failure)]
    return [one.read for one in found]


def path_of(conversation):
    return [(message.role, message.text) for message in conversation.active_path()]


def model_of(message):
    return message.record.model.name


def test_chatgpt_with_branches_thoughts_tools_and_citations(tmp_path):
    archive = builders.write_zip(
        tmp_path / "export.zip",
        conversations_json=json.dumps([builders.chatgpt()]),
        user_json='{"id": "me"}',
        message_feedback_json="[]",
    )
    (found,) = read(archive)
    assert found.origin == "chatgpt:6f0c"
    assert found.title == "The sky"
    assert (found.created_at, found.updated_at) == (1_700_000_000.0, 1_700_000_100.0)
    assert path_of(found) == [
        (Role.USER, "Why is the sky blue?"),
        (Role.ASSISTANT, "Short waves scatter more ([Sky](https://e.org))."),
    ]
    question, first, second = found.messages
    assert first.parent == second.parent == question.id
    assert (first.text, model_of(first), first.reasoning) == ("Because of dust.", "gpt-4o", "")
    assert model_of(second) == "o3"
    assert second.reasoning.split("\n\n") == [
        "Scattering",
        "Rayleigh scattering it is.",
        'web.run:\n```json\n{"q": "sky"}\n```',
        "A page about scattering.",
    ]


def test_chatgpt_custom_instructions_images_and_an_answer_that_never_came(tmp_path):
    nodes = [
        builders.chatgpt_node("root", None),
        builders.chatgpt_node(
            "custom",
            "root",
            "user",
            content={"content_type": "user_editable_context", "user_profile": "I am a pilot.", "user_instructions": ""},
            metadata={"is_visually_hidden_from_conversation": True},
        ),
        builders.chatgpt_node(
            "picture",
            "custom",
            "user",
            content={"content_type": "multimodal_text", "parts": [{"content_type": "image_asset_pointer"}, "What?"]},
        ),
        builders.chatgpt_node(
            "thoughts",
            "picture",
            "assistant",
            content={"content_type": "thoughts", "thoughts": [{"content": "A cloud."}]},
        ),
    ]
    (found,) = read(builders.write_json(tmp_path / "c.json", [builders.chatgpt(nodes=nodes, current="thoughts")]))
    assert path_of(found) == [
        (Role.SYSTEM, "I am a pilot."),
        (Role.USER, "[image]\n\nWhat?"),
        (Role.ASSISTANT, ""),
    ]
    assert found.messages[-1].reasoning == "A cloud."


def test_chatgpt_with_files_speech_and_pages_it_read(tmp_path):
    nodes = [
        builders.chatgpt_node("root", None),
        builders.chatgpt_node(
            "files",
            "root",
            "user",
            "What is in it?",
            metadata={"attachments": [{"id": "f1", "name": "plan.pdf", "mimeType": "application/pdf", "size": 5}]},
        ),
        builders.chatgpt_node(
            "quote",
            "files",
            "tool",
            content={"content_type": "tether_quote", "url": "https://e.org", "title": "A plan", "text": "Plans."},
        ),
        builders.chatgpt_node("answer", "quote", "assistant", "A plan."),
        builders.chatgpt_node(
            "spoken",
            "answer",
            "user",
            content={
                "content_type": "multimodal_text",
                "parts": [
                    {"content_type": "real_time_user_audio_video_asset_pointer", "frames_asset_pointers": []},
                    {"content_type": "audio_transcription", "text": "Read it to me.", "direction": "in"},
                ],
            },
        ),
        builders.chatgpt_node(
            "heard",
            "spoken",
            "assistant",
            content={"content_type": "multimodal_text", "parts": [{"content_type": "audio_asset_pointer"}]},
        ),
    ]
    export = builders.chatgpt(nodes=nodes, current="heard") | {"is_archived": True, "is_starred": True}
    (found,) = read(builders.write_json(tmp_path / "c.json", [export]))
    assert path_of(found) == [
        (Role.USER, "Attached file: plan.pdf\n```\n(not part of the export)\n```\n\nWhat is in it?"),
        (Role.ASSISTANT, "A plan."),
        (Role.USER, "Read it to me."),
        (Role.ASSISTANT, "[audio]"),
    ]
    assert found.messages[1].reasoning == "A plan\nhttps://e.org\n\nPlans."
    assert (found.archived, found.pinned) == (True, True)


def test_claude_with_thinking_tools_and_files(tmp_path):
    archive = builders.write_zip(
        tmp_path / "data.zip", conversations_json=json.dumps([builders.claude()]), users_json="[]", projects_json="[]"
    )
    (found,) = read(archive)
    assert found.origin == "claude:c-1"
    question, answer, other = found.messages
    assert question.text == (
        "Attached file: a.csv\n```csv\nx,y\n1,2\n```\n\n"
        "Attached file: photo.png\n```\n(not part of the export)\n```\n\nWhat is in it?"
    )
    assert answer.text == "Two columns and one row."
    assert answer.reasoning.startswith("Two columns.\n\ncount:\n```json\n")
    assert answer.parent == other.parent == question.id
    assert other.text == "A table."
    assert question.created_at == 1_740_823_200.0


def test_an_older_export_of_claude_is_a_line(tmp_path):
    messages = [
        {"uuid": "1", "sender": "human", "text": "Hi"},
        {"uuid": "2", "sender": "assistant", "text": "Hello"},
        {"uuid": "3", "sender": "human", "text": "Bye"},
    ]
    (found,) = read(builders.write_json(tmp_path / "c.json", [builders.claude(messages=messages)]))
    assert [text for _, text in path_of(found)] == ["Hi", "Hello", "Bye"]


def test_lm_studio_with_versions_and_steps(tmp_path):
    (found,) = read(builders.write_json(tmp_path / "1730000000123.conversation.json", builders.lm_studio()))
    assert found.origin == "lm-studio:1730000000123"
    assert found.created_at == 1_730_000_000.123
    assert [text for _, text in path_of(found)] == ["Be brief.", "Hello?", "Hello!", "Go on."]
    _, question, chosen, other = sorted(found.messages, key=lambda message: (message.parent or 0, message.id))[:4]
    assert chosen.parent == other.parent == question.id
    assert (chosen.reasoning, model_of(chosen), chosen.state) == ("Hm.", "qwen3-4b", MessageState.STOPPED)
    assert (other.text, model_of(other)) == ("Hi there.", "gpt-oss-20b")
    assert {message.created_at for message in found.active_path()[1:]} == {found.created_at}


def test_jan_in_a_folder_in_a_zip_and_by_either_half(tmp_path):
    place = builders.jan(tmp_path)
    archive = tmp_path / "jan.zip"
    builders.write_zip(
        archive,
        threads__a__thread_json=(place / "thread.json").read_text(),
        **{"threads__a__messages.jsonl": (place / "messages.jsonl").read_text()},
    )
    for path in (tmp_path / "threads", place / "thread.json", place / "messages.jsonl", archive):
        (found,) = read(path)
        assert found.origin == "jan:jan_1700000000"
        assert found.title == "From Jan"
        assert path_of(found) == [(Role.SYSTEM, "Help."), (Role.USER, "Name a tree."), (Role.ASSISTANT, "An oak.")]
        assert (found.messages[-1].reasoning, model_of(found.messages[-1])) == ("Oak or elm", "llama3.2-3b")
        assert found.messages[1].created_at == 1_700_000_000.0


def test_an_early_thread_of_jan_has_its_newest_message_first(tmp_path):
    place = builders.jan(tmp_path)
    lines = [
        builders.jan_line("2", "assistant", "B", 1_700_000_002),
        builders.jan_line("1", "user", "A", 1_700_000_001),
    ]
    (place / "messages.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (found,) = read(place)
    assert [text for _, text in path_of(found)] == ["Help.", "A", "B"]


def test_open_webui_with_branches_and_reasoning(tmp_path):
    (found,) = read(builders.write_json(tmp_path / "chats.json", [builders.open_webui()]))
    assert found.origin == "open-webui:w-1"
    assert path_of(found) == [(Role.SYSTEM, "You count."), (Role.USER, "Two and two?"), (Role.ASSISTANT, "Four.")]
    last = found.messages[-1]
    assert last.reasoning == "not this\nFour, I'd say."
    other = next(message for message in found.messages if message.text == "Five.")
    assert (model_of(other), other.parent) == ("Llama 3", last.parent)


def test_open_webui_with_tools_and_code_it_ran(tmp_path):
    content = (
        '<details type="tool_calls" done="true" id="call_1" name="weather" '
        'arguments="&quot;{\\&quot;city\\&quot;: \\&quot;Rome\\&quot;}&quot;" result="&quot;sunny &lt; 30&quot;">\n'
        "<summary>Tool Executed</summary>\n</details>\n"
        '<details type="code_interpreter" done="true" duration="1" output="{&quot;stdout&quot;: &quot;4&quot;}">\n'
        "<summary>Analyzed</summary>\n```python\nprint(2 + 2)\n```\n</details>\nSunny, and four."
    )
    (found,) = read(builders.write_json(tmp_path / "chats.json", [builders.open_webui(content=content, pinned=True)]))
    last = found.active_path()[-1]
    assert last.text == "Sunny, and four."
    assert last.reasoning == (
        'weather:\n```json\n{"city": "Rome"}\n```\n```\nsunny < 30\n```\n\n'
        '```python\nprint(2 + 2)\n```\n```\n{"stdout": "4"}\n```'
    )
    assert found.pinned


@pytest.mark.parametrize(
    "content", ['<details type="reasoning">' * 100_000, f'<details type="reasoning">{"<summary>" * 200_000}</details>']
)
def test_what_open_webui_never_closed_takes_no_time(tmp_path, content):
    (found,) = read(builders.write_json(tmp_path / "chats.json", [builders.open_webui(content=content)]))
    last = found.active_path()[-1]
    assert content in (last.text, f'<details type="reasoning">{last.reasoning}</details>')


@pytest.mark.parametrize("version", range(1, 13))
def test_gpt4all_of_every_version(tmp_path, version):
    path = tmp_path / "gpt4all-chat-9.chat"
    path.write_bytes(builders.gpt4all(version))
    (found,) = read(path)
    assert (found.origin, found.title, found.created_at) == ("gpt4all:chat-9", "Rivers", 1_700_000_000.0)
    question, answer = found.active_path()
    assert question.text.endswith("Longest river?")
    assert ("The Nile is long." in question.text) == (version >= 10)
    assert (answer.text, model_of(answer)) == ("The Nile.", "Llama-3-8B")
    assert question.created_at == answer.created_at == found.created_at
    thought = ["Amazon or Nile\n\nmeasure()"] if version >= 12 else []
    sources = ["- file" if version >= 8 else "- references"] if version >= 3 else []
    assert answer.reasoning == "\n\n".join(thought + sources)


def test_a_folder_with_chats_of_all_programs(tmp_path):
    builders.jan(tmp_path)
    (tmp_path / "gpt4all-x.chat").write_bytes(builders.gpt4all())
    builders.write_json(tmp_path / "a.conversation.json", builders.lm_studio())
    builders.write_json(tmp_path / "b.json", [builders.chatgpt()])
    builders.write_json(tmp_path / "c.json", [builders.claude()])
    builders.write_json(tmp_path / "d.json", [builders.open_webui()])
    (tmp_path / "notes.json").write_text('{"not": "a chat"}')
    assert sorted(found.origin.partition(":")[0] for found in read(tmp_path)) == [
        "chatgpt",
        "claude",
        "gpt4all",
        "jan",
        "lm-studio",
        "open-webui",
    ]


def test_circles_unknown_parents_and_double_keys_lose_nothing(tmp_path):
    nodes = [
        builders.chatgpt_node("a", "b", "user", "A"),
        builders.chatgpt_node("b", "a", "assistant", "B"),
        builders.chatgpt_node("c", "nowhere", "user", "C"),
    ]
    (found,) = read(builders.write_json(tmp_path / "c.json", [builders.chatgpt(nodes=nodes, current="gone")]))
    assert sorted(message.text for message in found.messages) == ["A", "B", "C"]
    assert found.leaf is not None


def test_a_conversation_of_ten_thousand_messages_in_a_line(tmp_path):
    nodes = [builders.chatgpt_node("0", None)]
    nodes += [
        builders.chatgpt_node(str(n), str(n - 1), ("user", "assistant")[n % 2], f"m{n}") for n in range(1, 10_001)
    ]
    (found,) = read(builders.write_json(tmp_path / "c.json", [builders.chatgpt(nodes=nodes, current="10000")]))
    assert len(found.active_path()) == 10_000
