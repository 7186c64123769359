"""What only some exports have is not lost: marks, tools, documents, files, versions, sources, times of every size."""

from __future__ import annotations

import json

import pytest

from app.core.engine.messages import MessageState, Role
from app.exchange.fields import moment_in
from tests.exchange import builders
from tests.exchange.test_formats import model_of, path_of, read


def mark(*parts):
    return "\ue200" + "\ue202".join(parts) + "\ue201"


def chatgpt(tmp_path, *nodes, **record):
    """The only conversation of an export with these nodes in a line."""
    nodes = [builders.chatgpt_node("root", None), *nodes]
    export = builders.chatgpt(nodes=nodes, current=nodes[-1]["id"]) | record
    (found,) = read(builders.write_json(tmp_path / "c.json", [export]))
    return found


@pytest.mark.parametrize(
    ("given", "reference", "said"),
    [
        (mark("genui", '{"math_block_widget_always_prefetch_v2":{"content":"a^2"}}'), {}, "\n\n$$\na^2\n$$\n\n"),
        (mark("genui", '{"weather":{"location":"Rome"}}'), {}, ""),
        (mark("entity", '["city","Paris","capital"]'), {}, "Paris"),
        (mark("entity", '["city","Paris"]'), {"alt": "Paris, France"}, "Paris, France"),
        (mark("url", "the manual", "https://e.org/a_(b)"), {}, "[the manual](https://e.org/a_%28b%29)"),
        (
            mark("url", "the manual", "turn2view0"),
            {"item": {"url": "https://e.org"}},
            "([https://e.org](https://e.org))",
        ),
        (mark("url", "the manual", "javascript:alert(1)"), {}, "the manual"),
        (mark("products", '{"selections":[["1","Alpha"],["2","Beta"]]}'), {}, "Alpha, Beta"),
        (mark("navlist", "News", "turn0news1"), {}, "News"),
        (mark("cite", "turn0search0"), {}, ""),
        (
            mark("cite", "turn0search0"),
            {"alt": None, "items": [{"url": "https://a.org", "attribution": "A"}, {"url": "https://b.org"}]},
            "([A](https://a.org), [https://b.org](https://b.org))",
        ),
        (mark("entity", "[" * 100_000), {}, ""),
    ],
)
def test_chatgpts_marks_read_as_what_they_were_shown_as(tmp_path, given, reference, said):
    metadata = {"content_references": [reference | {"matched_text": given}]} if reference else {}
    answer = builders.chatgpt_node("a", "root", "assistant", f"So {given}it is.", metadata=metadata)
    assert chatgpt(tmp_path, answer).messages[0].text == f"So {said}it is."


def test_chatgpt_names_tools_pages_errors_and_what_it_remembers(tmp_path):
    memory = {"content_type": "model_editable_context", "model_set_context": "Likes tea.", "repository": None}
    page = {"content_type": "sonic_webpage", "title": "Tea", "url": "https://e.org", "snippet": "About tea."}
    found = chatgpt(
        tmp_path,
        builders.chatgpt_node("q", "root", "user", "Tea?"),
        builders.chatgpt_node("memory", "q", "assistant", content=memory),
        builders.chatgpt_node(
            "call",
            "memory",
            "assistant",
            content={"content_type": "code", "text": "search('```')"},
            recipient="web.run",
        ),
        builders.chatgpt_node("page", "call", "tool", content=page),
        builders.chatgpt_node(
            "error", "page", "tool", content={"content_type": "system_error", "name": "Timeout", "text": "Too late."}
        ),
        builders.chatgpt_node("a", "error", "assistant", "Green."),
        default_model_slug="gpt-5",
    )
    assert path_of(found) == [(Role.USER, "Tea?"), (Role.ASSISTANT, "Green.")]
    assert model_of(found.messages[-1]) == "gpt-5"
    assert found.messages[-1].reasoning == (
        "Likes tea.\n\nweb.run:\n````\nsearch('```')\n````\n\nTea\nhttps://e.org\n\nAbout tea.\n\nTimeout\n\nToo late."
    )


def test_claudes_documents_sources_and_files_without_text(tmp_path):
    messages = [
        {
            "uuid": "1",
            "sender": "human",
            "text": "Write a page.",
            "attachments": [{"file_name": "scan.pdf", "file_type": "pdf", "extracted_content": ""}],
            "files": [{"file_name": "a.png"}],
            "files_v2": [{"file_name": "a.png"}, {"file_name": "b.png"}],
        },
        {
            "uuid": "2",
            "sender": "assistant",
            "content": [
                {"type": "text", "text": "Here:", "citations": [{"details": {"url": "https://e.org/1"}}]},
                {
                    "type": "tool_use",
                    "name": "artifacts",
                    "input": {"command": "create", "title": "A page", "type": "text/html", "content": "<p>```</p>"},
                },
                {"type": "tool_result", "name": "artifacts", "content": [{"type": "text", "text": "OK"}]},
                {
                    "type": "tool_result",
                    "name": "web_search",
                    "content": [{"type": "knowledge", "title": "Pages", "url": "https://e.org/1", "text": None}],
                },
                {"type": "voice_note", "title": "Note", "text": "And so on."},
            ],
        },
    ]
    (found,) = read(builders.write_json(tmp_path / "c.json", [builders.claude(messages=messages)]))
    question, answer = found.messages
    names = [line for line in question.text.splitlines() if line.startswith("Attached file")]
    assert names == ["Attached file: scan.pdf", "Attached file: a.png", "Attached file: b.png"]
    assert answer.text == "Here:\n\nA page\n\n````html\n<p>```</p>\n````\n\nAnd so on."
    assert answer.reasoning == "```\nOK\n```\n\n```\nPages\nhttps://e.org/1\n```\n\n- https://e.org/1"


def jan(tmp_path, *lines):
    place = builders.jan(tmp_path)
    (place / "messages.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    (found,) = read(place)
    return found


def jan_line(key, role, created, **metadata):
    return builders.jan_line(key, role, key, 1_700_000_000_000 + created) | {"metadata": metadata}


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [({}, ["q", "a2", "q2"]), ({"activeChildId": "a1"}, ["q", "a1"]), ({"activeChildId": "x"}, None)],
)
def test_jans_versions_are_siblings_and_the_one_that_was_shown_is_active(tmp_path, chosen, shown):
    found = jan(
        tmp_path,
        jan_line("q", "user", 1, parentId=None, **chosen),
        jan_line("a1", "assistant", 2, parentId="q"),
        jan_line("a2", "assistant", 3, parentId="q"),
        jan_line("q2", "user", 4, parentId="a2"),
    )
    assert [text for _, text in path_of(found)] == ["Help.", *(shown or ["q", "a2", "q2"])]
    question, first, second = found.messages[1:4]
    assert first.parent == second.parent == question.id


def test_jans_replies_that_lost_their_parents_stay_on_the_path(tmp_path):
    found = jan(
        tmp_path,
        jan_line("q1", "user", 1, parentId=None),
        jan_line("a1", "assistant", 2, parentId=None),
        jan_line("q2", "user", 3, parentId="q1"),
        jan_line("a2", "assistant", 4),
    )
    assert [text for _, text in path_of(found)] == ["Help.", "q1", "a1", "q2", "a2"]


def test_jans_files_tools_and_how_replies_ended(tmp_path):
    call = {"tool": {"function": {"name": "search", "arguments": "{}"}}, "response": "found"}
    found = jan(
        tmp_path,
        jan_line("q", "user", 1, inline_file_contents=[{"name": "a.txt", "content": "text"}, {"name": "b.txt"}]),
        jan_line("a", "assistant", 2, tool_calls=[call], stopped=True),
        jan_line("b", "assistant", 3, error="out of memory"),
    )
    _, question, answer, failed = found.messages
    assert question.text == "Attached file: a.txt\n```\ntext\n```\n\nq"
    assert answer.reasoning.startswith("search:\n```json\n")
    assert (answer.state, failed.state) == (MessageState.STOPPED, MessageState.FAILED)


def test_open_webuis_pictures_sources_errors_and_its_only_model(tmp_path):
    export = builders.open_webui(content='<details type="reasoning">Hm.</details><think>Well.</think>Four [1].')
    question, failed, answer = export["chat"]["history"]["messages"].values()
    question["files"] = [{"type": "image", "url": "data:image/png;base64,AA"}]
    failed["error"] = True
    del answer["model"]
    answer["sources"] = [
        {"source": {"name": "Sums", "url": "https://e.org"}},
        {"source": {"name": "Sums", "url": "https://e.org"}},
    ]
    (found,) = read(builders.write_json(tmp_path / "c.json", [export]))
    assert path_of(found)[1:] == [(Role.USER, "[image]\n\nTwo and two?"), (Role.ASSISTANT, "Four [1].")]
    last = found.active_path()[-1]
    assert (last.reasoning, model_of(last)) == ("Hm.\n\nWell.\n\n[1] Sums https://e.org", "llama3")
    assert next(message.state for message in found.messages if message.text == "Five.") is MessageState.FAILED


def test_open_webuis_tools_that_were_made_to_be_slow_are_read(tmp_path):
    export = builders.open_webui(content=f'<details type="tool_calls" {"a" * 300_000}>It.</details>Four.')
    (found,) = read(builders.write_json(tmp_path / "c.json", [export]))
    assert found.active_path()[-1].text == "Four."


def test_lm_studios_files_have_the_names_that_the_user_gave_them(tmp_path):
    export = builders.lm_studio()
    export["messages"][0]["versions"][0]["content"].append(
        {"type": "file", "fileIdentifier": "1784921393420 - a - b.png"}
    )
    (found,) = read(builders.write_json(tmp_path / "1.conversation.json", export))
    assert found.active_path()[1].text.startswith("Attached file: a - b.png\n")


@pytest.mark.parametrize(
    "moment",
    [
        1.7e9,
        1_700_000_000,
        1_700_000_000_000,
        1_700_000_000_000_000,
        1_700_000_000_000_000_000,
        "1700000000",
        "1700000000000",
        "1711121412345",  # also a day of the year 1711 in ISO 8601
    ],
)
def test_times_are_told_by_their_size(moment):
    assert 1_700_000_000 <= moment_in({"at": moment}, "at") < 1_712_000_000


@pytest.mark.parametrize("moment", ["", "soon", "1e9", "9" * 31, 10**400, float("nan"), -5, True, None, [1]])
def test_what_is_no_time_is_none(moment):
    assert moment_in({"at": moment}, "at") == 0
