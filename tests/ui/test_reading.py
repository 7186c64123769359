"""Finding, zooming, saving and printing in the pane that holds the conversation."""

from __future__ import annotations

from pathlib import Path

import pytest
from pypdf import PdfReader
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QPdfWriter
from pytestqt.qtbot import QtBot

from app.services.typesetter import Typesetter
from app.ui.chat.reading import ReadingPane
from app.ui.links import caution_about, tooltip_of
from app.ui.theme import LIGHT, ThemeSource
from tests.ui.transcript_kit import SAMPLE, picture, reply, user


@pytest.fixture
def pane(qtbot: QtBot, themed: ThemeSource, typesetter: Typesetter) -> ReadingPane:
    made = ReadingPane(LIGHT, typesetter.ask)
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    with qtbot.waitActive(made):
        made.activateWindow()
    return made


def look_for(pane: ReadingPane, qtbot: QtBot, words: str) -> str:
    pane.find_bar.field.setText(words)
    pane.find_bar.ask()
    qtbot.waitUntil(lambda: not pane.finder.is_looking)
    return pane.find_bar.count.text()


def test_all_hits_are_marked_and_gone_through_in_a_circle(pane: ReadingPane, qtbot: QtBot) -> None:
    texts = [f"Message {n} about **nee**dles.\n\n```\na needle\n```" for n in range(60)]
    pane.transcript.set_messages([m for n, text in enumerate(texts) for m in (user(2 * n), reply(2 * n + 1, text))])
    pane.acts()["find"]()
    assert pane.find_bar.isVisible() and pane.find_bar.field.hasFocus()
    plain = picture(pane.transcript)
    assert look_for(pane, qtbot, "NEEDLE").endswith("of 120")
    assert picture(pane.transcript) != plain
    first = int(pane.find_bar.count.text().split()[0])
    for wanted in (first % 120 + 1, (first + 1) % 120 + 1):
        qtbot.keyClick(pane.find_bar.field, Qt.Key.Key_Return)
        assert pane.find_bar.count.text() == f"{wanted} of 120"
    while not pane.find_bar.count.text().startswith("1 "):
        qtbot.keyClick(pane.find_bar.field, Qt.Key.Key_Return)
    assert pane.transcript.verticalScrollBar().value() < 200
    qtbot.keyClick(pane.find_bar.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert pane.find_bar.count.text() == "120 of 120"
    assert pane.transcript.verticalScrollBar().value() > 2000


@pytest.mark.usefixtures("in_slices")
def test_nothing_is_said_to_be_missing_while_it_is_looked_for(pane: ReadingPane, qtbot: QtBot) -> None:
    pane.transcript.set_messages([user(1), reply(2, "Some words"), user(3), reply(4, "Others")])
    pane.open_find()
    pane.find_bar.field.setText("unheard of")
    pane.find_bar.ask()
    assert pane.finder.is_looking and pane.find_bar.count.text() == ""
    qtbot.waitUntil(lambda: pane.find_bar.count.text() == "Not found")
    assert not pane.finder.is_looking


def test_what_is_not_there_is_said_and_closing_ends_it(pane: ReadingPane, qtbot: QtBot) -> None:
    pane.transcript.set_messages([user(1), reply(2, "Some words")])
    pane.open_find()
    plain = picture(pane.transcript)
    assert look_for(pane, qtbot, "(unclosed") == "Not found"
    assert look_for(pane, qtbot, "words") == "1 of 1"
    qtbot.keyClick(pane.find_bar.field, Qt.Key.Key_Escape)
    assert not pane.find_bar.isVisible() and pane.transcript.hasFocus()
    assert picture(pane.transcript).copy(0, 0, 800, 300) == plain.copy(0, 0, 800, 300)


def test_another_conversation_is_looked_through_anew(pane: ReadingPane, qtbot: QtBot) -> None:
    pane.transcript.set_messages([user(1), reply(2, "one two")])
    pane.open_find()
    assert look_for(pane, qtbot, "two") == "1 of 1"
    pane.transcript.set_messages([user(3), reply(4, "two and two")])
    qtbot.waitUntil(lambda: pane.find_bar.count.text() == "1 of 2")


def test_text_is_zoomed(pane: ReadingPane, qtbot: QtBot) -> None:
    pane.transcript.set_messages([user(1), reply(2, SAMPLE)])
    pane.acts()["zoom_in"]()
    assert pane.transcript.zoom == 1.1
    pane.acts()["zoom_out"]()
    pane.acts()["zoom_out"]()
    assert pane.transcript.zoom == 0.9
    with qtbot.waitSignal(pane.said) as said:
        pane.acts()["zoom_reset"]()
    assert (pane.transcript.zoom, said.args) == (1.0, ["100 %"])


def test_code_is_saved_and_a_refusal_is_told(pane: ReadingPane, qtbot: QtBot, tmp_path: Path) -> None:
    pane.save("é = 1", tmp_path / "code.py")
    assert (tmp_path / "code.py").read_bytes() == "é = 1\n".encode()
    with qtbot.waitSignal(pane.problem) as told:
        pane.save("x", tmp_path / "missing" / "code.py")
    assert "code.py cannot be written" in str(told.args[0])


def test_a_conversation_is_printed_on_as_many_pages_as_it_needs(
    pane: ReadingPane, qtbot: QtBot, tmp_path: Path
) -> None:
    target = tmp_path / "chat.pdf"
    messages = [m for n in range(0, 12, 2) for m in (user(n), reply(n + 1, SAMPLE + "\n\n$x^2$"))]
    writer = QPdfWriter(str(target))
    with (
        qtbot.waitSignal(pane.said),
        qtbot.waitSignal(pane.print_on(writer, messages).finished) as printed,
    ):
        pass
    assert printed.args[0] > 2
    assert target.read_bytes().startswith(b"%PDF") and target.stat().st_size > 10_000
    images = [
        image
        for page in PdfReader(target).pages
        for image in (one.get_object() for one in page["/Resources"].get("/XObject", {}).values())
    ]
    assert images and min(image["/Width"] for image in images) > 100  # a formula is as sharp as the printer


@pytest.mark.parametrize(
    ("address", "caution"),
    [
        ("https://example.org/a", ""),
        ("mailto:ada@example.org", ""),
        ("http://example.org", "What is sent"),
        ("https://bank.example@evil.example/", "leads to evil.example"),
        ("https://аpple.example/", "unusual letters"),
        ("https://192.168.0.1/", "number instead of a name"),
    ],
)
def test_what_is_doubtful_about_an_address_is_said(address: str, caution: str) -> None:
    said = caution_about(QUrl(address))
    assert (caution in said) if caution else said == ""


def test_a_tooltip_shows_an_address_as_text() -> None:
    assert "<b>" not in tooltip_of("https://example.org/<b>bold</b>")
