"""What tests of the transcript share: messages, and ways to find and press things in a view."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.chat.conversations import StoredMessage
from app.core.engine.loading import LoadOptions
from app.core.engine.messages import MessageState, ModelIdentity, ReplyRecord, Role, Timings, Usage
from app.core.engine.sampling import Sampling
from app.ui.transcript.document.excerpt import everything, excerpt
from app.ui.transcript.document.reply import ReplyItem
from app.ui.transcript.rows.row import Action, Hot
from app.ui.transcript.rows.text import TextRow
from app.ui.transcript.widget.view import TranscriptView

SAMPLE = """# Title

Some **bold** text with a [link](https://example.org/) and `code`.

- one
- two
  1. nested

> quoted

```python
def f(x):
    return x + 1
```

| a | b |
|---|--:|
| 1 | 2 |

---

Last words."""

PARAGRAPHS = "\n\n".join(f"Paragraph {number}." for number in range(3000))


def user(number: int, text: str = "A question") -> StoredMessage:
    return StoredMessage(id=number, parent_id=None, role=Role.USER, text=text)


def reply(number: int, text: str = "", state: MessageState = MessageState.COMPLETE, **more: object) -> StoredMessage:
    return StoredMessage(id=number, parent_id=None, role=Role.ASSISTANT, text=text, state=state, **more)  # type: ignore[arg-type]


def record(**more: object) -> ReplyRecord:
    made = {
        "model": ModelIdentity("Tiny", "/tiny.gguf", 1),
        "engine": "llama",
        "engine_version": "1",
        "template": "chatml",
        "sampling": Sampling(),
        "options": LoadOptions(),
        "usage": Usage(10, 0, 1212),
        "timings": Timings(1, 1, 1, 1, 41.2, 12.3),
    }
    return ReplyRecord(**(made | more))  # type: ignore[arg-type]


def reply_item(view: TranscriptView, index: int = 1) -> ReplyItem:
    found = view.document.items[index]
    assert isinstance(found, ReplyItem)
    return found


def settle(view: TranscriptView, qtbot: QtBot) -> None:
    work = view._frame, view._layout_delay
    qtbot.waitUntil(
        lambda: not any(timer.isActive() for timer in work) and not view.document.page.typeset.__self__.is_busy
    )
    QApplication.processEvents()


def picture(view: TranscriptView) -> QImage:
    return view.viewport().grab().toImage()


def shown_text(view: TranscriptView) -> str:
    selection = everything(view.document)
    return "" if selection is None else excerpt(view.document, selection)


def point_of(view: TranscriptView, words: str) -> QPoint:
    """The middle of some words, in the viewport."""
    for index, item in enumerate(view.document.items):
        for number, row in enumerate(item.rows):
            if not isinstance(row, TextRow):
                continue
            for layout, top in zip(row._layouts, row._tops, strict=True):
                for piece in layout.pieces:
                    at = piece.text.find(words)
                    if at >= 0:
                        start = piece.start + at
                        (rect, *_) = piece.selection_rects(start, start + len(words))
                        y = view.document.tops[index] + item.tops[number] + top - view._top
                        return QPointF(view._left + item.left + rect.center().x(), y + rect.center().y()).toPoint()
    raise AssertionError(words)


def stream(view: TranscriptView, qtbot: QtBot, text: str, size: int = 3) -> None:
    for at in range(0, len(text), size):
        view.append_text(2, text[at : at + size])
        if at % (size * 5) == 0:
            view._take_up_text()
    settle(view, qtbot)


def hot(view: TranscriptView, item: int, action: Action) -> Hot:
    found = view.document.items[item]
    for y in range(0, round(found.height), 2):
        for x in range(-10, round(view.document.page.width), 6):
            at = found.hot_at(x, y)
            if at is not None and at.action is action:
                return at
    raise AssertionError(action)


def click(view: TranscriptView, qtbot: QtBot, item: int, action: Action) -> None:
    found = view.document.items[item]
    for y in range(0, round(found.height), 2):
        for x in range(-10, round(view.document.page.width), 6):
            at = found.hot_at(x, y)
            if at is not None and at.action is action:
                place = QPoint(x + view._left, round(y + view.document.tops[item] - view._top))
                qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
                return
    raise AssertionError(action)
