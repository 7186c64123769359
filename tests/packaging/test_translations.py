"""That nothing said in the sources is missed by a translation, and how strings are found."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import translations
from PySide6.QtCore import QTranslator
from translations import FOLDER, LANGUAGES, ROOT, NotLiteral, Phrase, phrases

from app.core.errors import SPOKEN

PLURALS = {"de": 2, "zh_CN": 1}
"""How many forms a number asks for."""

_PLACEHOLDER = re.compile(r"\{[^{}]*\}|%n|%\d")


def said(language: str) -> dict[Phrase, list[str]]:
    """What a .ts file has for each string; nothing for one that is unfinished."""
    found: dict[Phrase, list[str]] = {}
    for context in ET.parse(FOLDER / f"parley_{language}.ts").getroot().iter("context"):
        for message in context.iter("message"):
            phrase = Phrase(
                context.findtext("name", ""), message.findtext("source", ""), message.get("numerus") == "yes"
            )
            translation = message.find("translation")
            assert translation is not None
            forms = [form.text or "" for form in translation.iter("numerusform")] or [translation.text or ""]
            found[phrase] = [] if translation.get("type") == "unfinished" or not all(forms) else forms
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_of_the_sources_is_translated(language: str) -> None:
    there = said(language)
    assert sorted(there) == phrases(ROOT)
    assert [phrase for phrase, forms in there.items() if not forms] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_placeholders_of_its_source(language: str) -> None:
    wrong = [
        phrase
        for phrase, forms in said(language).items()
        for form in forms
        if sorted(_PLACEHOLDER.findall(form)) != sorted(_PLACEHOLDER.findall(phrase.text))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_a_form_for_every_number(language: str) -> None:
    wrong = [
        phrase
        for phrase, forms in said(language).items()
        if forms and len(forms) != (PLURALS[language] if phrase.plural else 1)
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_begins_and_ends_with_spaces_where_its_source_does(language: str) -> None:
    def ends(text: str) -> tuple[bool, bool]:
        return text.startswith(" "), text.endswith(" ")

    for phrase, forms in said(language).items():
        assert all(ends(form) == ends(phrase.text) for form in forms), phrase


@pytest.mark.parametrize(("language", "others"), [("de", ("Unterhaltung", "Chatvorlage")), ("zh_CN", ("聊天", "会话"))])
def test_a_chat_goes_by_one_name(language: str, others: tuple[str, ...]) -> None:
    forms = [form for phrase, forms in said(language).items() if phrase.context != "AboutDialog" for form in forms]
    assert [form for form in forms if any(other in form for other in others)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_program_reads_is_what_was_translated(language: str) -> None:
    translator = QTranslator()
    assert translator.load(str(FOLDER / f"parley_{language}.qm"))
    for phrase, forms in said(language).items():
        if not phrase.plural:
            assert translator.translate(phrase.context, phrase.text) == forms[0]


def test_strings_are_found_wherever_they_stand() -> None:
    found = phrases(ROOT)
    contexts = {phrase.context for phrase in found}
    assert Phrase("Settings", "Text size") in found
    assert Phrase("Errors", "The message is empty.") in found
    assert Phrase("Details", "Quantization") in found
    assert Phrase("Header", "Settings…") in found
    assert Phrase("Sidebar", "Yesterday") in found
    assert Phrase("Presets", "Careful") in found
    assert "" not in contexts


def made(root: Path, source: str) -> list[Phrase]:
    """The strings of a program of one module."""
    (root / "app").mkdir()
    (root / "app" / "part.py").write_text(source, encoding="utf-8")
    return phrases(root)


@pytest.fixture
def no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translations, "_settings", lambda root: [])


def test_a_class_is_the_context_of_its_strings(tmp_path: Path, no_table: None) -> None:
    source = 'class Box:\n    def show(self):\n        self.tr("one" " two")\n        self.tr("%n files", "", 3)\n'
    assert made(tmp_path, source) == [Phrase("Box", "%n files", True), Phrase("Box", "one two")]


def test_a_string_put_together_is_refused(tmp_path: Path, no_table: None) -> None:
    with pytest.raises(NotLiteral, match=r"part\.py:3"):
        made(tmp_path, "class Box:\n    def show(self, name):\n        self.tr(f'{name}')\n")


def test_a_context_may_have_a_name(tmp_path: Path, no_table: None) -> None:
    source = '_CONTEXT = "Box"\ndef _tr(text):\n    return QCoreApplication.translate(_CONTEXT, text)\n_tr("one")\n'
    assert made(tmp_path, source) == [Phrase("Box", "one")]


def test_a_string_translated_in_place_is_found(tmp_path: Path, no_table: None) -> None:
    assert made(tmp_path, 'print(QCoreApplication.translate("Box", "one"))\n') == [Phrase("Box", "one")]


def test_the_words_of_errors_are_found(tmp_path: Path, no_table: None) -> None:
    source = (
        'class ParleyError(Exception):\n    text = ""\n    words = ()\n'
        'class Wrong(ParleyError):\n    words = ("time", *("memory",))\n'
        'def check(it):\n    reason = "it is red" if it else "it is gone"\n'
        '    raise Wrong(file="x", reason="it is blue")\n'
    )
    texts = ["it is blue", "it is gone", "it is red", "memory", "time"]
    assert made(tmp_path, source) == [Phrase("Errors", text) for text in texts]


def test_the_same_values_of_errors_are_collected_as_are_translated() -> None:
    assert translations.SPOKEN == SPOKEN


def test_the_function_must_not_have_another_name(tmp_path: Path, no_table: None) -> None:
    with pytest.raises(NotLiteral, match="another name"):
        made(tmp_path, "class Box:\n    def show(self):\n        tr = self.tr\n        tr('one')\n")


def test_errors_are_found_down_the_line(tmp_path: Path, no_table: None) -> None:
    source = (
        'class ParleyError(Exception):\n    text = ""\n'
        'class Wrong(ParleyError):\n    text = "It is wrong."\n'
        'class Worse(Wrong):\n    advice = "Run."\nclass Other:\n    text = "not said"\n'
    )
    assert made(tmp_path, source) == [Phrase("Errors", "It is wrong."), Phrase("Errors", "Run.")]
