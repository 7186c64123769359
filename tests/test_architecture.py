"""The house's walls: which process may load what, shown in fresh interpreters."""

from __future__ import annotations

import ast
import importlib.util
import os
import pkgutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import app

QT_ROOMS = ("app.services", "app.ui", "app.bootstrap", "app.printing")
QT_ELSEWHERE = ("app.__main__", "app.worker.print_role")
MODULES = sorted(module.name for module in pkgutil.walk_packages(app.__path__, "app."))


def loaded_after(imports: list[str], suspects: tuple[str, ...]) -> list[str]:
    """Which of the suspects are loaded in a new interpreter that imports these modules."""
    script = f"import importlib, sys\nfor m in {imports!r}: importlib.import_module(m)\n"
    script += f"print(*sorted(set(sys.modules) & {set(suspects)!r}))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return run.stdout.split()


def late_imports_of(modules: list[str]) -> list[str]:
    """The modules of this program that functions of these modules import when they run."""
    found: set[str] = set()
    for name in modules:
        specification = importlib.util.find_spec(name)
        assert specification is not None and specification.origin is not None
        tree = ast.parse(Path(specification.origin).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                found.update(part.module or "" for part in ast.walk(node) if isinstance(part, ast.ImportFrom))
    return sorted(name for name in found if name.startswith("app."))


def test_only_services_ui_and_bootstrap_load_qt() -> None:
    without_qt = [name for name in MODULES if not name.startswith((*QT_ROOMS, *QT_ELSEWHERE))]
    assert len(without_qt) > 20
    assert loaded_after(without_qt, ("PySide6",)) == []


def test_the_window_loads_no_engine_and_no_network_client() -> None:
    window = [name for name in MODULES if name.startswith(QT_ROOMS)] + [
        "app.catalog.shelf.library",
        "app.storage.stores",
    ]
    assert loaded_after(window, ("llama_cpp", "numpy", "jinja2", "huggingface_hub", "openai", "torch")) == []


def test_the_window_loads_none_even_when_it_imports_late() -> None:
    window = [name for name in MODULES if name.startswith(QT_ROOMS)]
    assert loaded_after(late_imports_of(window), ("llama_cpp", "numpy", "jinja2", "huggingface_hub")) == []


def test_the_window_is_made_without_what_is_needed_later() -> None:
    later = ("difflib", "filelock", "hashlib", "psutil", "statistics", "subprocess", "tomllib", "yaml")
    assert loaded_after(["app.bootstrap.program"], (*later, "app.services.compare", "app.children.child")) == []


def test_conversations_are_listed_before_anything_is_imported_that_an_act_of_the_user_needs(tmp_path: Path) -> None:
    script = """
        import sys
        from PySide6.QtWidgets import QApplication
        from app.bootstrap.frame import Frame
        from app.bootstrap.program import furnish
        from app.core.paths import Folders
        application = QApplication([])
        program = furnish(Frame.build(Folders.of({"PARLEY_HOME": sys.argv[1]})))
        program.chats.conversations.changed.connect(application.quit)
        program.start()
        application.exec()
        print(*sorted({"difflib", "filelock", "psutil", "statistics", "yaml", "app.services.compare"} & {*sys.modules}))
        program.close()
    """
    command = [sys.executable, "-c", textwrap.dedent(script), tmp_path]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert run.stdout.split() == []


def test_services_know_qt_core_alone() -> None:
    services = [name for name in MODULES if name.startswith("app.services")]
    assert loaded_after(services, ("PySide6.QtCore", "PySide6.QtGui", "PySide6.QtWidgets")) == ["PySide6.QtCore"]


@pytest.mark.parametrize("room", QT_ROOMS)
def test_the_rooms_with_qt_are_where_they_are_said_to_be(room: str) -> None:
    assert any(name.startswith(room) for name in MODULES)
    assert loaded_after([name for name in MODULES if name.startswith(room)], ("PySide6",)) == ["PySide6"]
