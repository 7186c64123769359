from __future__ import annotations

import contextvars
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, Qt, QTranslator
from PySide6.QtWidgets import QApplication

from app.bootstrap.language import speak
from app.children.outcome import Outcome, OutcomeKind
from app.core.chat.presets import Preset
from app.core.engine.engine_errors import EngineLost
from app.core.engine.model_errors import OutOfMemory
from app.core.engine.prompt_errors import EmptyPrompt
from app.core.file_errors import FileUnreadable
from app.core.language import NUMBERS, TRANSLATE, NumberMarks
from app.core.program.setting_errors import InvalidOption
from app.core.program.settings import SETTINGS, ShortcutTaken, check_conflict
from app.core.sizes import format_bytes, format_count
from app.storage.preset_file import builtin_presets
from app.ui.presets.form import PresetForm
from app.ui.theme import LIGHT
from app.ui.transcript.blocks.piece import TextPiece
from app.ui.transcript.style import PageStyle


@pytest.fixture
def spoken(qapp: QApplication) -> Iterator[QApplication]:
    """An application that speaks English again afterwards."""
    marks, translate, locale = NUMBERS.set(NumberMarks()), TRANSLATE.set(TRANSLATE.get()), QLocale()
    yield qapp
    NUMBERS.reset(marks)
    TRANSLATE.reset(translate)
    QLocale.setDefault(locale)
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    for translator in qapp.findChildren(QTranslator):
        qapp.removeTranslator(translator)


@pytest.mark.parametrize(
    ("language", "size", "count"),
    [("en", "7.87 GB", "8,192"), ("de", "7,87 GB", "8.192"), ("zh_CN", "7.87 GB", "8,192")],
)
def test_numbers_have_the_marks_of_the_language(spoken: QApplication, language: str, size: str, count: str) -> None:
    speak(spoken, language)
    assert (format_bytes(7_870_000_000), format_count(8192)) == (size, count)


def test_errors_are_said_in_the_language_of_the_thread(spoken: QApplication) -> None:
    TRANSLATE.set(lambda context, text: f"{context}: {text[::-1]}" if "{" not in text else text)
    assert EmptyPrompt().sentence == "Errors: .ytpme si egassem ehT"
    error = OutOfMemory(file="a.gguf", need="9 GB", free="3 GB")
    assert "a.gguf needs about 9 GB" in error.sentence
    assert contextvars.Context().run(lambda: EmptyPrompt().sentence) == "The message is empty."


def test_english_loads_no_translation(spoken: QApplication) -> None:
    speak(spoken, "en")
    assert TRANSLATE.get() != QCoreApplication.translate


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "a.gguf kann nicht gelesen werden: Zugriff verweigert."),
        ("zh_CN", "无法读取 a.gguf：权限不足。"),
        ("en", "a.gguf cannot be read: Permission denied."),
    ],
)
def test_the_words_in_an_error_are_translated_with_it(spoken: QApplication, language: str, sentence: str) -> None:
    speak(spoken, language)
    assert FileUnreadable(file="a.gguf", reason="Permission denied").sentence == sentence


def test_words_no_translation_knows_stay_as_they_are(spoken: QApplication) -> None:
    speak(spoken, "de")
    assert (
        FileUnreadable(file="a.gguf", reason="It is Tuesday").sentence
        == "a.gguf kann nicht gelesen werden: It is Tuesday."
    )
    assert FileUnreadable(file="a.gguf", reason="").sentence == "a.gguf kann nicht gelesen werden: ."


def test_how_a_process_ended_is_said_in_the_language(spoken: QApplication) -> None:
    speak(spoken, "de")
    lost = EngineLost(reason=Outcome(OutcomeKind.EXITED, 3).sentence)
    assert lost.sentence == "Die Engine hat angehalten: mit Exit-Code 3 beendet."


def test_a_setting_says_in_the_language_why_it_refuses(spoken: QApplication) -> None:
    speak(spoken, "de")
    with pytest.raises(InvalidOption, match="erwartet wird eine Adresse wie http://name:port"):
        SETTINGS["network.proxy"].checked("proxy")
    with pytest.raises(ShortcutTaken, match="„Neuer Chat“"):
        check_conflict("shortcuts.presets", "Ctrl+N", {})


def test_presets_of_parley_are_shown_in_the_language_and_kept_as_they_are(spoken: QApplication) -> None:
    speak(spoken, "de")
    form = PresetForm()
    translate = builtin_presets()["translate"]
    form.show_preset(translate)
    assert (form.name.text(), form.preset()) == ("Übersetzen", translate)
    form.name.setText("Dolmetschen")
    assert form.preset().name == "Dolmetschen"
    form.show_preset(Preset(name="Mine"))
    assert (form.name.text(), form.preset().name) == ("Mine", "Mine")


@pytest.mark.parametrize("natural", [True, False])
def test_text_from_left_to_right_stays_so_in_a_window_that_is_not(spoken: QApplication, natural: bool) -> None:
    spoken.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    style = PageStyle(LIGHT)
    piece = TextPiece("    def size():", 0, style.code, style, 400.0, natural=natural)
    assert piece.left_of(0) == 0.0
    assert piece.left_of(4) < piece.left_of(15) == max(map(piece.left_of, range(16)))
