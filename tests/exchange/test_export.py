"""Files of every format: whole or not there, readable, safe to open."""

from __future__ import annotations

import errno
import json
import zipfile
from html.parser import HTMLParser

import pytest

from app.core.data.exchange import ExportFormat
from app.core.data.exchange_errors import ExportFailed, ExportTargetExists, ExportTargetUnfit
from app.core.engine.messages import MessageState, Role
from app.core.errors import Cancelled
from app.core.file_errors import DiskFull
from app.exchange import exporting, writing
from app.exchange.exporting import Exporter
from app.exchange.pages.html import html_of
from app.exchange.pages.markdown import closed, markdown_of
from app.exchange.pages.printed import printed_of
from app.exchange.portable import PortableConversation, PortableMessage
from app.exchange.writing import Names, file_name
from tests.exchange.trees import RECORD

CODE = "```python\ndef f(x):\n    return '<b>'  # done\n```"


def conversation(*texts, title="A title", reasoning="", state=MessageState.COMPLETE, number=1):
    messages = tuple(
        PortableMessage(
            id=at,
            parent=at - 1 or None,
            role=Role.USER if at % 2 else Role.ASSISTANT,
            text=text,
            reasoning="" if at % 2 else reasoning,
            state=MessageState.COMPLETE if at % 2 else state,
            record=None if at % 2 else RECORD,
        )
        for at, text in enumerate(texts, 1)
    )
    return PortableConversation(origin=f"parley:{number}-1", title=title, leaf=len(texts), messages=messages)


def export(target, form, *given, overwrite=False, stopped=lambda: False, printer=None):
    exporter = Exporter(printer, lambda done: None, stopped, overwrite=overwrite)
    return exporter.run(given, len(given), form, target)


class Tags(HTMLParser):
    """Every tag with its attributes, and the text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *attribute) for attribute in attrs]

    def handle_data(self, data):
        self.text += data


def test_markdown_has_speakers_reasoning_and_code_as_it_was():
    text = "".join(
        markdown_of(conversation("Show *me*", f"Here:\n\n{CODE}", reasoning="a\n\nb", state=MessageState.STOPPED))
    )
    assert text == (
        "# A title\n\n## You\n\nShow *me*\n\n## Tiny\n\n*stopped*\n\n"
        f"> **Reasoning**\n>\n> a\n>\n> b\n\nHere:\n\n{CODE}\n"
    )


@pytest.mark.parametrize(
    ("text", "end"),
    [("```py\nx", "\n```"), ("~~~~\n```\nx", "\n~~~~"), ("```\nx\n```", ""), ("``` a`b", ""), ("x", "")],
)
def test_a_code_block_that_was_cut_off_does_not_swallow_what_follows(text, end):
    assert closed(text) == text + end


def test_html_stands_alone_and_runs_nothing():
    hostile = (
        "<script>alert(1)</script> <img src=x onerror=alert(1)> [a](javascript:alert(1)) "
        "![p](https://e.org/p.png) [b](data:text/html,x) <style>*{}</style>\n\n</details></article>"
    )
    page = "".join(
        html_of(conversation(hostile, f"{CODE}\n\n|a|b|\n|-|-|\n|1|2|", title="</title><script>", reasoning=hostile))
    )
    found = Tags(page)
    assert {"script", "img", "iframe", "object", "link", "form"} & set(found.tags) == set()
    assert found.tags.count("style") == 1
    assert not [name for _, name, _ in found.attributes if name.startswith("on") or name == "src"]
    assert {value for _, name, value in found.attributes if name == "href"} == {"https://e.org/p.png"}
    assert found.tags.count("details") == 1
    assert {"pre", "span", "table"} <= set(found.tags)
    assert "<script>alert(1)</script>" in found.text
    assert "def f(x):\n    return '<b>'  # done" in found.text
    assert "default-src 'none'" in page
    assert "prefers-color-scheme: dark" in page


def as_typed(_source, *, display):
    return None


FORMULAS = "A sum \\(a_1 + b_1\\) of $x_1$, at $5 or $6.\n\n\\[\na < b\n\\] (2)\n\n\\[c\\]\n\n$$d_1$$"


def test_html_shows_tasks_and_footnotes():
    page = "".join(html_of(conversation("a", "- [x] read\n- [ ] write[^1]\n\n[^1]: Later.")))
    assert '<li class="task">☑ read</li>' in page
    assert "☐ write<sup>1</sup>" in page and "<p><sup>1</sup> Later.</p>" in page


def test_html_lays_formulas_out():
    found = Tags("".join(html_of(conversation("a", FORMULAS))))
    formulas = [value for tag, name, value in found.attributes if (tag, name) == ("math", "alttext")]
    assert formulas == ["a_1 + b_1", "x_1", "a < b", "c", "d_1"]
    blocks = [value for tag, name, value in found.attributes if (tag, name) == ("math", "display")]
    assert blocks == ["inline", "inline", "block", "block", "block"]
    assert "(2)" in found.text and "at $5 or $6." in found.text


def test_a_pdf_has_formulas_that_cannot_be_drawn_as_they_were_typed():
    page = "".join(printed_of(conversation("a", FORMULAS), as_typed))
    said = Tags(page).text
    for formula in ("\\(a_1 + b_1\\)", "$x_1$", "\\[\na < b\n\\] (2)", "\\[c\\]", "$$d_1$$", "at $5 or $6."):
        assert formula in said
    assert "<em>" not in page


@pytest.mark.parametrize(
    "formula",
    [
        r"\text{<script>alert(1)</script>}",
        r"\text{</math><img src=x onerror=alert(1)>}",
        r"\text{<mtext onclick='alert(1)'>x</mtext>}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{background:url(https://e.org)}{x}",
        r"\class{user}{x}",
        r"\unheardof{x}",
        r"\frac{",
        "{" * 300 + "}" * 300,
    ],
)
def test_a_formula_brings_no_markup_of_its_own(formula):
    found = Tags("".join(html_of(conversation("a", f"$${formula}$$"))))
    assert {"script", "img"}.isdisjoint(found.tags)
    inside = [name for tag, name, _ in found.attributes if tag.startswith("m") and tag not in ("meta", "math")]
    assert {"href", "style", "class", "onclick"}.isdisjoint(inside)
    assert "math" in found.tags or f"$${formula}$$" in found.text


@pytest.mark.parametrize("pages", [html_of, lambda given: printed_of(given, as_typed)])
def test_each_block_is_read_in_its_own_direction(pages):
    text = "مرحبا\n\n- أولاً\n- two\n\n> اقتباس\n>\n> in English\n\n|عمود|\n|-|\n|1|\n\n# English\n\n12 - أ"
    page = "".join(pages(conversation("a", text)))
    assert [(tag, value) for tag, name, value in Tags(page).attributes if name == "dir"] == [
        ("h1", "ltr"),
        ("p", "rtl"),
        ("ul", "rtl"),
        ("blockquote", "rtl"),
        ("p", "ltr"),
        ("table", "rtl"),
        ("p", "rtl"),
    ]


def test_html_gives_room_to_cells_of_many_words():
    page = "".join(html_of(conversation("a", "|a|b|\n|-|-|\n|short|a cell with more than a few words|")))
    assert '<td>short</td>\n<td class="long">a cell' in page


@pytest.mark.parametrize(
    "text",
    [
        "[" * 50_000,
        "> " * 5_000 + "x",
        "*a **" * 20_000,
        "$a " * 20_000,
        "\\(a " * 20_000,
        "\\[\n" * 2_000 + "a" * 900_000,
        "|a" * 900 + "\n" + "|-" * 900,
    ],
)
def test_text_that_was_made_to_be_slow_is_written(text):
    assert "".join(html_of(conversation(text))).endswith("</html>\n")


def test_json_is_one_documented_document(tmp_path):
    report = export(tmp_path / "all.json", ExportFormat.JSON, conversation("a", "b"), conversation("c", number=2))
    document = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    assert (document["format"], document["version"]) == ("parley-conversations", 1)
    assert [one["origin"] for one in document["conversations"]] == ["parley:1-1", "parley:2-1"]
    assert (report.conversations, report.files, report.bytes) == (2, 1, (tmp_path / "all.json").stat().st_size)


def test_many_go_into_a_folder_or_a_zip_each_under_its_title(tmp_path):
    given = [conversation("a", title="Plan: A/B?"), conversation("b", title="plan a b"), conversation("c", title="")]
    report = export(tmp_path / "out", ExportFormat.MARKDOWN, *given)
    names = ["Plan A B.md", "plan a b (2).md", "Chat.md"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(names)
    assert (report.conversations, report.files) == (3, 3)
    export(tmp_path / "out.zip", ExportFormat.HTML, *given)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.namelist() == [name.replace(".md", ".html") for name in names]
    export(tmp_path / "out", ExportFormat.MARKDOWN, given[0])
    assert (tmp_path / "out" / "Plan A B (3).md").exists()


def test_many_do_not_go_into_one_page(tmp_path):
    with pytest.raises(ExportTargetUnfit):
        export(tmp_path / "a.md", ExportFormat.MARKDOWN, conversation("a"), conversation("b"))


def test_a_file_that_is_there_is_not_lost(tmp_path):
    target = tmp_path / "a.md"
    target.write_text("precious")
    with pytest.raises(ExportTargetExists):
        export(target, ExportFormat.MARKDOWN, conversation("a"))
    assert target.read_text() == "precious"
    export(target, ExportFormat.MARKDOWN, conversation("a"), overwrite=True)
    assert target.read_text() != "precious"


def test_an_export_that_fails_leaves_what_was_there_and_nothing_beside_it(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    target = tmp_path / "a.md"
    target.write_text("old")
    monkeypatch.setattr(exporting, "_write_text", fail)
    with pytest.raises(DiskFull):
        export(target, ExportFormat.MARKDOWN, conversation("a"), overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.md"]
    assert target.read_text() == "old"


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportFailed):
        export(tmp_path / "file" / "a.md", ExportFormat.MARKDOWN, conversation("a"))


def test_an_export_can_be_stopped(tmp_path):
    looks = iter([False, False, True])
    given = [conversation(str(n), number=n) for n in range(5)]
    with pytest.raises(Cancelled):
        export(tmp_path / "a.json", ExportFormat.JSON, *given, stopped=lambda: next(looks))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("con", "_con.md"),
        ("COM1.txt", "_COM1.txt.md"),
        ("../etc/passwd", "etc passwd.md"),
        ("a\u202egnp.exe", "a gnp.exe.md"),
        ("...", "chat.md"),
        ("\x00\n", "chat.md"),
        ("界" * 100, "界" * 53 + ".md"),
        ("a" * 500, "a" * 80 + ".md"),
    ],
)
def test_a_title_makes_a_name_that_every_system_takes(title, name):
    assert file_name(title, ".md") == name


def test_the_names_of_many_alike_are_found_without_trying_all(monkeypatch):
    tried = []
    monkeypatch.setattr(writing, "file_name", lambda title, suffix: tried.append(suffix) or f"{title}{suffix}")
    names = Names()
    assert len({names.of("Chat", ".md") for _ in range(300)}) == 300
    assert len(tried) <= 2 * 300


def test_names_differ_by_more_than_case():
    names = Names()
    assert [names.of("A", ".md"), names.of("a", ".md"), names.of("A (2)", ".md")] == [
        "A.md",
        "a (2).md",
        "A (2) (2).md",
    ]
