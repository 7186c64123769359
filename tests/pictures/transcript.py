"""Pictures of every kind of block and message: `python -m tests.pictures.transcript FOLDER`; a display is needed.

Light and dark, two sizes; set QT_SCALE_FACTOR=2 for pictures at 200 %.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from msgspec.structs import replace
from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QApplication

from app.bootstrap.starting import child_starter
from app.core.chat.attachments import Attachment, with_attachments
from app.core.chat.conversations import StoredMessage
from app.core.engine.loading import LoadOptions
from app.core.engine.messages import FinishReason, MessageState, ModelIdentity, ReplyRecord, Role, Timings, Usage
from app.core.engine.sampling import Sampling
from app.core.errors import Failure
from app.core.paths import Folders
from app.core.protocol import ChildRole
from app.services.relay import Relay
from app.services.typesetter import Typesetter
from app.ui.chat.reading import ReadingPane
from app.ui.theme import DARK, LIGHT, Appearance, ThemeSource
from app.ui.transcript.document.parts import FocusPlace
from app.ui.transcript.document.selection import Position, Selection
from app.ui.transcript.rows.row import Action, Branch, Hot
from app.ui.transcript.widget.view import TranscriptView

SIZES = ((1016, 700), (636, 520))
RECORD = ReplyRecord(
    model=ModelIdentity("Llama 2 13B Chat", "/m.gguf", 1),
    engine="llama.cpp",
    engine_version="1",
    template="llama-2",
    sampling=Sampling(),
    options=LoadOptions(),
    usage=Usage(100, 0, 1242),
    timings=Timings(1, 1, 30, 100, 41.3, 4),
)
SCENES = {
    "text": r"""# A group and its scale

Weights are quantized in **groups** of $g$ columns. Each group keeps a *scale* $s = \max_i |w_i| / 7$, and a weight
becomes the whole number $q_i = \lfloor w_i / s \rceil$. The error is then at most half a scale:

$$\lVert W - \hat W \rVert_F \le \frac{s}{2}\sqrt{n \cdot g}$$

## What to do

1. Read `quantize_config.json`,
2. compare with the tensors:
   - their names, then their shapes;
   - the number of *rows of scales*;
3. trust the tensors.

- [x] group size read
- [ ] act-order checked[^1]

> A smaller group costs more memory, and is nearer to the original.
>
> > It is rarely worth less than 32.

See the [model card](https://example.org/card) for ~~every~~ detail.

---

[^1]: With act-order the columns of a group are no longer neighbours.
""",
    "code": """Here is how to read it:

```python
import json
import pathlib

def group_size(folder: str, default: int = 128, names: tuple[str, ...] = ("quantize_config.json", "a.json")) -> int:
    # repos of 2023 keep it in a file of its own
    old = pathlib.Path(folder, "quantize_config.json")
    return json.loads(old.read_text())["group_size"]
```

And in full, with its test:

```rust
use std::collections::HashMap;

/// A group of weights and its scale.
pub struct Group {
    scale: f32,
    quants: Vec<i8>,
}

impl Group {
    pub fn new(weights: &[f32]) -> Self {
        let most = weights.iter().fold(0.0f32, |a, w| a.max(w.abs()));
        let scale = most / 7.0;
        let quants = weights.iter().map(|w| (w / scale).round() as i8).collect();
        Self { scale, quants }
    }

    pub fn value(&self, index: usize) -> f32 {
        self.quants[index] as f32 * self.scale
    }
}

fn main() {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    *seen.entry("groups").or_insert(0) += 1;
}
```

```mermaid
graph TD; A-->B; A-->C;
```
""",
    "table": """| type | bits | size | speed | use |
| :-- | --: | --: | --: | :-- |
| Q4_0 | 4.5 | 7.37 GB | 48 tok/s | small and **fast** |
| Q5_K_M | 5.7 | 9.23 GB | 39 tok/s | a fair middle |
| Q8_0 | 8.5 | 13.8 GB | 27 tok/s | near the original |

A wider one scrolls inside its block:

| layer | attention q | attention k | attention v | attention output | ffn gate | ffn up | ffn down | norm | notes |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| blk.0 | Q4_K | Q4_K | Q6_K | Q4_K | Q4_K | Q4_K | Q6_K | F32 | the first layer keeps more bits |
| blk.1 | Q4_K | Q4_K | Q4_K | Q4_K | Q4_K | Q4_K | Q4_K | F32 | as the file's name says |

$$\\begin{aligned} \\nabla_\\theta \\mathcal{L} &= \\mathbb{E}_{x \\sim p}\\left[\\sum_{t=1}^{T} \\nabla_\\theta \\log \
p_\\theta(x_t \\mid x_{<t})\\right] \\\\ &= \\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt{\\pi}}{2} \\end{aligned}$$

A matrix $\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}$ within a line, and a broken one: $\\frac{a$b$.
""",
    "world": """漢字とかな、한국어 그리고 emoji 😀👩‍👩‍👧 in one line.

مرحبا بالعالم، هذه فقرة تكتب من اليمين إلى اليسار، وفيها كلمة English واحدة.

שלום עולם, זו פסקה מימין לשמאל.

Combining: e\u0301 a\u0308 Z\u0351\u036b\u0343; a very long word: Donaudampfschifffahrtselektrizitätenhauptbetriebswerk\
bauunterbeamtengesellschaftsvorsitzendenstellvertreterausweisnummernverzeichnis.

<script>alert("shown, never run")</script> and ![an image](https://example.org/cat.png) as a link.
""",
}


STATES = "states"
CONFIG = Attachment("quantize_config.json", "application/json", '{"bits": 4, "group_size": 128}\n', "json")
REPORT = Attachment("A report with a name too long for one line of a bubble.pdf", "", "page " * 9000, pages=12)
NO_ROOM = Failure("OutOfMemory", {"file": "llama-2-70b.Q5_K_M.gguf", "need": "51.2 GB", "free": "11.2 GB"})


def messages(text: str) -> list[StoredMessage]:
    """A question, and a text as its answer."""
    question = StoredMessage(id=1, parent_id=None, role=Role.USER, text="What is a group size, and how do I read it?")
    reasoning = "The user asks about group size."
    answer = StoredMessage(id=2, parent_id=1, role=Role.ASSISTANT, text=text, reasoning=reasoning, record=RECORD)
    return [question, answer]


def every_state() -> list[StoredMessage]:
    """Messages of every kind: with files, pinned, cut off, failed, by another model, still being written."""
    asked = with_attachments("Compare these two, and say which **one** is right.", [CONFIG, REPORT])
    other = replace(RECORD, model=ModelIdentity("Qwen 2.5 7B", "/q.gguf", 1), finish_reason=FinishReason.LENGTH)
    failed = replace(RECORD, failure=NO_ROOM, usage=None, timings=None)
    user, model = Role.USER, Role.ASSISTANT
    thought = "Two files. The config says 4 bits.\n\n- The report has twelve pages,\n- and *more* words."
    return [
        StoredMessage(id=1, parent_id=None, role=user, text=asked, pinned=True),
        StoredMessage(id=2, parent_id=1, role=model, text="The first one.", reasoning=thought, record=RECORD),
        StoredMessage(id=3, parent_id=2, role=user, text="Why?"),
        StoredMessage(id=4, parent_id=3, role=model, text="Because its scales", record=other),
        StoredMessage(id=5, parent_id=4, role=user, text="Go on."),
        StoredMessage(id=6, parent_id=5, role=model, text="They", state=MessageState.INTERRUPTED, record=RECORD),
        StoredMessage(id=7, parent_id=6, role=user, text="And with 70 billion?"),
        StoredMessage(id=8, parent_id=7, role=model, text="", state=MessageState.FAILED, record=failed),
        StoredMessage(id=9, parent_id=8, role=user, text="With 7, then."),
        StoredMessage(id=10, parent_id=9, role=model, text="", state=MessageState.STREAMING, record=RECORD),
    ]


def mark(view: TranscriptView) -> None:
    """Open the reasoning, write on, and mark what can be marked."""
    view.set_branches({4: Branch(2, 3)})
    view.set_notice_before(3)
    view.press(view.bring(1), Hot(QRectF(), Action.FOLD))
    view.append_text(10, "Then it fits: **7.9 GB** of the 16 that are")
    view.document.items[2].set_hovered(True)
    view.document.items[3].set_hovered(True)
    view.focus.go(FocusPlace(5))
    view.select(Selection(Position(1, 1, 0, 4), Position(1, 3, 0, 20)))


def settle(typesetter: Typesetter) -> None:
    """Let everything be typeset and painted."""
    end = time.monotonic() + 20
    quiet = time.monotonic() + 0.3
    while time.monotonic() < min(end, quiet):
        QApplication.processEvents()
        if typesetter.is_busy:
            quiet = time.monotonic() + 0.3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="SCENE", help=", ".join((*SCENES, STATES)))
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    application = QApplication(sys.argv[:1])
    source = ThemeSource(application, Appearance.LIGHT)
    scale = round(100 * float(os.environ.get("QT_SCALE_FACTOR", "1")))
    with tempfile.TemporaryDirectory() as home:
        starter = child_starter(ChildRole.TYPESET, Folders.of({"PARLEY_HOME": home}), None)
        typesetter = Typesetter(starter, Relay())
        for theme, appearance in ((LIGHT, Appearance.LIGHT), (DARK, Appearance.DARK)):
            source.choose(appearance)
            for width, height in SIZES:
                for name in args.names or (*SCENES, STATES):
                    pane = ReadingPane(theme, typesetter.ask)
                    pane.resize(width, height)
                    pane.show()
                    pane.transcript.set_messages(every_state() if name == STATES else messages(SCENES[name]))
                    if name == STATES:
                        mark(pane.transcript)
                    settle(typesetter)
                    tall = min(round(pane.transcript.document.height) + 8, 1600) if width > 700 else height
                    pane.resize(width, tall)
                    settle(typesetter)
                    pane.transcript.verticalScrollBar().setValue(0)
                    settle(typesetter)
                    pane.grab().save(str(args.folder / f"{name}-{theme.name}-{width}-{scale}.png"))
                    pane.deleteLater()
        typesetter.shutdown()


if __name__ == "__main__":
    main()
