"""Move the context slider of the model picker to and fro over every step; a display is needed.

`python -m tests.bench.slider` prints as JSON how many milliseconds each step took until need and verdict were drawn,
by machine and repo, in rounds of the same steps.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator

from PySide6.QtWidgets import QApplication

from app.bootstrap.collector import Collector
from app.ui.models.picker import PickerDialog
from app.ui.theme import Appearance, ThemeSource
from tests.machines import MACHINES
from tests.pictures.picker import REPO_13B, REPO_70B, local_hub, opened, picker

ROUNDS = 5


def steps(dialog: PickerDialog) -> Iterator[float]:
    """Milliseconds from each move of the slider to the paint of what it changed."""
    slider = dialog.view.panel.slider
    there = range(slider.minimum(), slider.maximum() + 1)
    for value in (*there, *reversed(there)):
        begun = time.perf_counter()
        slider.setValue(value)
        QApplication.processEvents()
        yield (time.perf_counter() - begun) * 1000


def main() -> None:
    """Measure on every simulated machine, with a GGUF repo and a GPTQ one."""
    application = QApplication(sys.argv[:1])
    theme = ThemeSource(application, Appearance.LIGHT).theme
    collector = Collector(application, is_busy=lambda: True)  # as in the program
    found = {}
    with local_hub():
        for machine in MACHINES:
            for repo in (REPO_13B, REPO_70B):
                with picker(MACHINES[machine], theme) as dialog:
                    dialog.resize(1080, 720)
                    dialog.show()
                    opened(repo)(dialog)
                    collector.start()
                    found[f"{machine}, {repo}"] = [list(steps(dialog)) for _ in range(ROUNDS)]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
