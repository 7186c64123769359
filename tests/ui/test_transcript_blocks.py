"""Code, tables and formulas in the transcript, with their real typesetter."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.engine.messages import MessageState
from app.ui.markdown.block import Kind
from app.ui.theme import LIGHT
from app.ui.transcript.blocks.code import CodeLayout
from app.ui.transcript.blocks.formula import FormulaLayout
from app.ui.transcript.blocks.layout import BlockLayout
from app.ui.transcript.rows.row import Action
from app.ui.transcript.rows.text import TextRow
from app.ui.transcript.style import BUBBLE_PADDING
from app.ui.transcript.widget.view import TranscriptView
from tests.ui.transcript_kit import click, hot, picture, reply, settle, shown_text, stream, user

LONG = "value = " + " + ".join(f"name_{n}" for n in range(40))
WIDE = "| " + " | ".join(f"column {n}" for n in range(14)) + " |\n" + "|---" * 14 + "|\n" + "| value " * 14 + "|\n"


def layouts(view: TranscriptView, item: int = 1) -> list[BlockLayout]:
    rows = [row for row in view.document.items[item].rows if isinstance(row, TextRow)]
    return [layout for row in rows for layout, _ in row.layouts]


def show(view: TranscriptView, qtbot: QtBot, text: str) -> list[BlockLayout]:
    view.set_messages([user(1), reply(2, text)])
    settle(view, qtbot)
    return layouts(view)


def has_color(image: QImage, token: str) -> bool:
    wanted = LIGHT.color(token).rgb()
    return any(image.pixel(x, y) == wanted for y in range(image.height()) for x in range(image.width()))


def test_long_lines_of_code_are_seen_by_moving_sideways(view: TranscriptView, qtbot: QtBot) -> None:
    (code,) = show(view, qtbot, f"```python\n{LONG}\nx = 1\n```")
    assert len(code.pieces) == 2 and code.pieces[0].line_count == 1
    before, most = picture(view), code.most_shift
    assert most > 1000
    view.move_sideways(code, 10_000)
    assert code.shift == most
    assert picture(view) != before
    end = code.offset_at(code.window.right(), code.pieces[0].y + 2)
    assert end >= len(LONG) - 2


def test_the_wheel_moves_the_block_under_it_sideways_and_the_page_otherwise(view: TranscriptView, qtbot: QtBot) -> None:
    (table,) = show(view, qtbot, WIDE)
    y = round(view.document.tops[1] - view._top + 20)
    place = QPointF(view._left + 50, y)

    def roll(x: int, modifiers: Qt.KeyboardModifier) -> None:
        event = QWheelEvent(
            place, view.viewport().mapToGlobal(place), QPoint(0, 0), QPoint(0, x), Qt.MouseButton.NoButton, modifiers,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(view.viewport(), event)

    roll(-240, Qt.KeyboardModifier.ShiftModifier)
    assert table.shift == 120
    roll(120, Qt.KeyboardModifier.ShiftModifier)
    assert table.shift == 60


def test_the_bar_of_a_wide_table_can_be_dragged(view: TranscriptView, qtbot: QtBot) -> None:
    (table,) = show(view, qtbot, WIDE)
    bar = hot(view, 1, Action.SCROLL).rect
    top = view.document.tops[1] - view._top + view.document.items[1].tops[0]
    start = QPointF(view._left + bar.left() + 20, top + table.bar.center().y()).toPoint()
    qtbot.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(view.viewport(), start + QPoint(100, 0))
    assert table.shift == pytest.approx(100 * table.view.widest / table.room, abs=2)  # type: ignore[union-attr]
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=start + QPoint(100, 0))


def test_wrapping_shows_long_lines_whole_and_back(view: TranscriptView, qtbot: QtBot) -> None:
    show(view, qtbot, f"```python\n{LONG}\n```")
    click(view, qtbot, 1, Action.WRAP_CODE)
    (code,) = layouts(view)
    assert code.pieces[0].line_count > 3 and not code.most_shift
    click(view, qtbot, 1, Action.WRAP_CODE)
    assert layouts(view)[0].pieces[0].line_count == 1


@pytest.mark.parametrize(("lines", "numbered"), [(19, False), (20, True), (130, True)])
def test_lines_are_numbered_from_twenty_on(view: TranscriptView, qtbot: QtBot, lines: int, numbered: bool) -> None:
    source = "```\n" + "\n".join(f"line {n}" for n in range(lines)) + "\n```"
    show(view, qtbot, source)
    view.verticalScrollBar().setValue(0)
    (code, *_) = layouts(view)
    assert (code.pieces[0].x > code.indent + BUBBLE_PADDING + 10) is numbered
    view.set_messages([user(1), reply(2, state=MessageState.STREAMING)])
    stream(view, qtbot, source, size=9)
    assert {layout.view.numbered for layout in layouts(view) if layout.view is not None} == {numbered}


def test_code_is_coloured_and_its_language_named_as_people_write_it(view: TranscriptView, qtbot: QtBot) -> None:
    (code,) = show(view, qtbot, "```py\ndef f(): pass\n```")
    assert isinstance(code, CodeLayout)
    assert (code.label, code.suffix) == ("Python", ".py")
    assert has_color(picture(view), "code_keyword")


@pytest.mark.parametrize("language", ["mermaid", "svg", "html"])
def test_drawings_are_shown_as_code(view: TranscriptView, qtbot: QtBot, language: str) -> None:
    (code,) = show(view, qtbot, f"```{language}\n<svg onload='alert(1)'/>\n```")
    assert code.block.kind is Kind.CODE


def test_code_is_handed_over_to_be_saved_whole(view: TranscriptView, qtbot: QtBot) -> None:
    code = "\n".join(f"line_{n} = {n}" for n in range(130))
    show(view, qtbot, f"```python\n{code}\n```")
    view.verticalScrollBar().setValue(0)
    settle(view, qtbot)
    with qtbot.waitSignal(view.save_requested) as asked:
        click(view, qtbot, 1, Action.SAVE_CODE)
    assert asked.args == [code, ".py"]


def test_formulas_are_pictures_and_copied_as_their_source(view: TranscriptView, qtbot: QtBot) -> None:
    text, shown = show(view, qtbot, "So $x^2$ is\n\n$$\n\\frac{a}{b}\n$$")
    assert isinstance(shown, FormulaLayout)
    assert text.pictures["x^2"].height > 0 and text.pictures["x^2"]._svg
    view.select_all()
    assert view.selected_text().endswith("So $x^2$ is\n\n$$\n\\frac{a}{b}\n$$")
    view.clipboard.copy_selection()
    assert "$x^2$" in QGuiApplication.clipboard().text()


def test_a_tall_formula_makes_room_in_its_line(view: TranscriptView, qtbot: QtBot) -> None:
    plain, tall = show(view, qtbot, "one line\n\none $\\begin{pmatrix}a\\\\b\\\\c\\end{pmatrix}$ line")
    assert tall.height > plain.height + 10


def test_a_broken_formula_is_shown_as_it_was_written(view: TranscriptView, qtbot: QtBot) -> None:
    show(view, qtbot, "So $\\frac{a$ is")
    qtbot.waitUntil(lambda: "$\\frac{a$" in layouts(view)[0].block.text)
    show(view, qtbot, "$$\n\\nonsense{\n$$")
    qtbot.waitUntil(lambda: layouts(view)[0].block.kind is Kind.CODE)


def test_a_formula_that_streams_ends_as_one_shown_at_once(view: TranscriptView, qtbot: QtBot) -> None:
    source = "So $x^2 + 1$ is, and\n\n$$\n\\sum_i i\n$$\n\nmore \\(y\\)."
    view.set_messages([user(1), reply(2, state=MessageState.STREAMING)])
    stream(view, qtbot, source, size=2)
    view.finish_message(reply(2, source))
    settle(view, qtbot)
    streamed = picture(view)
    show(view, qtbot, source)
    assert picture(view) == streamed


def test_without_a_typesetter_everything_can_be_read(qtbot: QtBot) -> None:
    view = TranscriptView(LIGHT)
    qtbot.addWidget(view)
    view.resize(700, 500)
    view.show()
    view.set_messages([user(1), reply(2, "So $x$.\n\n```py\nx = 1\n```")])
    assert shown_text(view).endswith("So $x$.\n\n```py\nx = 1\n```")


def test_what_was_read_is_let_go_of_far_away(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages([m for n in range(0, 400, 2) for m in (user(n), reply(n + 1, "Some words.\n\n" * 12))])
    bar = view.verticalScrollBar()
    while bar.value() > 0:
        bar.setValue(bar.value() - 300)
    assert sum(1 for item in view.document.items if item.rows) < 60
    bar.setValue(bar.maximum())
    assert shown_text(view).count("Some words.") == 200 * 12


def test_text_grows_and_shrinks_with_the_zoom(view: TranscriptView, qtbot: QtBot) -> None:
    show(view, qtbot, "Some words")
    plain = layouts(view)[0].height
    view.zoom_by(3)
    assert view.zoom == 1.5 and layouts(view)[0].height > plain
    view.set_zoom(1.0)
    assert layouts(view)[0].height == plain
    view.zoom_by(-100)
    assert view.zoom == 0.5


def test_code_that_fits_again_needs_no_scroll_bar(view: TranscriptView, qtbot: QtBot) -> None:
    (code,) = show(view, qtbot, "```\n" + "x" * 60 + "\n```")
    assert code.bar.isEmpty()
    plain = code.height
    view.set_zoom(2.0)
    assert not layouts(view)[0].bar.isEmpty()
    view.set_zoom(1.0)
    (code,) = layouts(view)
    assert code.bar.isEmpty() and code.height == plain


def test_the_applications_text_size_is_followed(view: TranscriptView, qtbot: QtBot, qapp: QApplication) -> None:
    show(view, qtbot, "Some words")
    plain, font = layouts(view)[0].height, qapp.font()
    larger = qapp.font()
    larger.setPointSizeF(font.pointSizeF() * 2)
    qapp.setFont(larger)
    qtbot.waitUntil(lambda: bool(layouts(view)) and layouts(view)[0].height > plain)
    qapp.setFont(font)
