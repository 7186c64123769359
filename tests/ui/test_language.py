from __future__ import annotations

import contextvars
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, Qt
from PySide6.QtWidgets import QApplication

from app.bootstrap.language import speak
from app.core.errors import EmptyPrompt, OutOfMemory
from app.core.language import NUMBERS, TRANSLATE, NumberMarks
from app.core.sizes import format_bytes, format_count


@pytest.fixture
def spoken(qapp: QApplication) -> Iterator[QApplication]:
    """An application that speaks English again afterwards."""
    marks, translate, locale = NUMBERS.set(NumberMarks()), TRANSLATE.set(TRANSLATE.get()), QLocale()
    yield qapp
    NUMBERS.reset(marks)
    TRANSLATE.reset(translate)
    QLocale.setDefault(locale)
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


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
