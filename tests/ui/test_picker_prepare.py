"""From a packed checkpoint in the picker to a loaded model: the whole program with real children, over a local Hub."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QPlainTextEdit
from pytestqt.qtbot import QtBot

from app.bootstrap.program import Program
from app.core.catalog.downloads import DownloadState
from app.core.catalog.hub import Variant
from app.core.checkpoints.preparing import PreparationState
from app.core.checkpoints.repack import TypeChoice
from app.core.checkpoints.repack_errors import NoCheckpoint
from app.core.paths import Folders
from app.core.sizes import format_bytes
from app.services.engine_host import EngineState
from app.services.model_import import ImportState
from app.ui.models.downloads import DownloadsDialog
from app.ui.models.import_dialog import ImportDialog
from app.ui.models.picker import PickerDialog
from app.ui.text_dialog import TextDialog
from tests.hub.hubserver import HubServer
from tests.program import build
from tests.repack import models, shards
from tests.repack.packing import Gptq

PACKED, PLAIN, FOREIGN = "acme/tiny-GPTQ", "acme/tiny", "acme/tiny-exl2"
SHARDED, COUNT = "acme/tiny-sharded", 6
CARD = "---\nlicense: mit\nprompt_template: '### User: {prompt}\n\n  ### Reply: '\n---\n# Tiny\n"
MILLISECONDS = 60_000


@pytest.fixture(scope="module")
def repos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One packed with act-order and without a template, one unquantized, one in shards, one that is refused."""
    root = tmp_path_factory.mktemp("repos")
    made = models.made_gptq(root / PACKED / "main", Gptq(4, 32, act_order=True))
    (made.folder / "chat_template.jinja").unlink()
    settings = json.loads((made.folder / "tokenizer_config.json").read_text())
    settings.pop("chat_template", None)
    (made.folder / "tokenizer_config.json").write_text(json.dumps(settings))
    (made.folder / "README.md").write_text(CARD)
    plain = {name: values.astype(np.float16) for name, values in models.trained().items()}
    models.lay_out(root / PLAIN / "main", plain, models.config())
    shards.split(models.made_gptq(root / SHARDED / "main", Gptq(4, 128)).folder, COUNT)
    foreign = {"model.layers.0.mlp.down_proj.q_weight": np.zeros((4, 4), np.int32)}
    folder = models.lay_out(root / FOREIGN / "main", foreign, models.config(), quantization={"quant_method": "exl2"})
    assert folder.is_dir()
    return root


@pytest.fixture
def server(repos: Path, tmp_path: Path) -> Iterator[HubServer]:
    with HubServer(shutil.copytree(repos, tmp_path / "hub")) as served:
        yield served


@pytest.fixture
def start(
    qtbot: QtBot, server: HubServer, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Program]]:
    """Opens the window; once more after it was closed."""
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    opened: list[Program] = []

    def one() -> Program:
        if opened:
            end(opened.pop())
        program = build(Folders.of({"PARLEY_HOME": str(own_home)}))
        opened.append(program)
        qtbot.addWidget(program.window)
        program.window.resize(1280, 800)
        with qtbot.waitActive(program.window):
            program.window.show()
            program.window.activateWindow()
        program.start()
        return program

    def end(program: Program) -> None:
        program.window.close()
        program.close()

    yield one
    for program in opened:
        end(program)


def open_repo(qtbot: QtBot, program: Program, repo: str) -> PickerDialog:
    program.desks.models.choose_model()
    dialog = program.desks.models.picker
    dialog.search.field.setText(repo)
    qtbot.keyClick(dialog.search.field, Qt.Key.Key_Return)
    qtbot.waitUntil(dialog.footer.download.isVisible, timeout=MILLISECONDS)
    qtbot.waitUntil(lambda: dialog.view.table.rows[0].fit is not None, timeout=MILLISECONDS)
    return dialog


def wait_for_model(qtbot: QtBot, program: Program) -> Path:
    qtbot.waitUntil(lambda: program.engines.engine.state is EngineState.READY, timeout=MILLISECONDS)
    assert program.engines.engine.model is not None
    return Path(program.engines.engine.model.path)


def downloads(program: Program) -> DownloadsDialog:
    program.desks.models.show_downloads()
    found = program.view.findChildren(DownloadsDialog)[-1]
    assert isinstance(found, DownloadsDialog)
    return found


def chosen(dialog: PickerDialog) -> Variant:
    assert dialog.view.variant is not None
    return dialog.view.variant


def test_download_and_prepare_ends_in_a_loaded_model(
    qtbot: QtBot, start: Callable[[], Program], tmp_path: Path
) -> None:
    program = start()
    dialog = open_repo(qtbot, program, PACKED)
    foreseen = chosen(dialog).becomes
    assert foreseen is not None
    assert dialog.footer.download.text() == "Download and prepare"
    dialog.view.panel.slider.setValue(1)
    qtbot.mouseClick(dialog.footer.download, Qt.MouseButton.LeftButton)
    path = wait_for_model(qtbot, program)
    home = tmp_path / "home" / "data" / "models" / "acme" / "tiny-GPTQ"
    assert path == home / "tiny-GPTQ.gguf"
    assert abs(path.stat().st_size - foreseen.bytes) < 0.2 * foreseen.bytes  # the header of a tiny model is large
    qtbot.waitUntil(lambda: not (home / "model.safetensors").exists(), timeout=MILLISECONDS)
    assert program.engines.engine.model is not None and program.engines.engine.model.context_length == 768
    assert program.view.sidebar.downloads.button.text() == "Downloads · done"
    assert program.models.downloads.downloads == []
    shown = downloads(program)
    (row,) = shown.preparations.values()
    assert row.text.endswith("prepared and verified; the original is removed")
    row.details.click()
    report = program.view.findChildren(TextDialog)[-1].findChild(QPlainTextEdit)
    assert report is not None
    text = report.toPlainText()
    assert "GPTQ 4-bit groups of 32 with act-order are stored at 8 bits (Q8_0)" in text
    assert "The one that the model card describes" in text
    assert f"{PACKED} at " in text
    row.clear.click()
    assert program.models.imports.preparations == [] and path.is_file()
    shown.close()


def shards_there(home: Path) -> list[Path]:
    return sorted([*home.glob("*.safetensors"), *home.glob("*.safetensors.part")])


def test_shards_are_prepared_while_they_arrive(
    qtbot: QtBot, start: Callable[[], Program], server: HubServer, tmp_path: Path
) -> None:
    home = tmp_path / "home" / "data" / "models" / "acme" / "tiny-sharded"
    program = start()
    dialog = open_repo(qtbot, program, SHARDED)
    variant = chosen(dialog)
    assert variant.becomes is not None
    with_all = variant.bytes + variant.becomes.bytes
    assert format_bytes(with_all) not in dialog.footer._facts.text()
    dialog.view.prepare.remove.setChecked(False)
    assert format_bytes(with_all) in dialog.footer._facts.text()
    dialog.view.prepare.remove.setChecked(True)
    server.faults.add("throttle", r"GET /cdn/", rate=2_000_000, times=-1)
    said: list[str] = []
    shown = downloads(program)
    program.models.downloads.progress.connect(lambda number, _: said.append(shown.rows[number].text))
    qtbot.mouseClick(dialog.footer.download, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: any(text.startswith("Downloading and preparing") for text in said), timeout=MILLISECONDS)
    (number,) = (one.id for one in program.models.downloads.downloads)
    program.models.downloads.pause(number)
    qtbot.waitUntil(lambda: program.models.downloads.downloads[0].state is DownloadState.PAUSED, timeout=MILLISECONDS)
    assert len(shards_there(home)) <= 2 and program.models.imports.preparations == []
    server.faults.clear()
    program.models.downloads.resume(number)
    assert wait_for_model(qtbot, program) == home / "tiny-sharded.gguf"
    assert shards_there(home) == [] and program.models.downloads.downloads == []
    (row,) = shown.preparations.values()
    assert row.text.endswith("prepared and verified; the original is removed")
    shown.close()


def fetch_until_the_third_shard(qtbot: QtBot, program: Program, server: HubServer) -> None:
    server.faults.add("throttle", r"GET /cdn/", rate=2_000_000, times=-1)
    dialog = open_repo(qtbot, program, SHARDED)
    qtbot.mouseClick(dialog.footer.download, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(
        program.models.downloads.progress,
        timeout=MILLISECONDS,
        check_params_cb=lambda _, told: "00003" in told.file.path,
    ):
        pass


def test_shards_go_on_after_the_window_was_closed(
    qtbot: QtBot, start: Callable[[], Program], server: HubServer, tmp_path: Path
) -> None:
    home = tmp_path / "home" / "data" / "models" / "acme" / "tiny-sharded"
    program = start()
    fetch_until_the_third_shard(qtbot, program, server)
    server.faults.clear()
    again = start()
    assert wait_for_model(qtbot, again) == home / "tiny-sharded.gguf"
    assert [one.state for one in again.models.imports.preparations] == [PreparationState.DONE]
    assert shards_there(home) == []


def test_cancelled_shards_leave_nothing(
    qtbot: QtBot, start: Callable[[], Program], server: HubServer, tmp_path: Path
) -> None:
    home = tmp_path / "home" / "data" / "models" / "acme" / "tiny-sharded"
    program = start()
    fetch_until_the_third_shard(qtbot, program, server)
    program.models.downloads.cancel(program.models.downloads.downloads[0].id)
    companions = {path.name for path in (tmp_path / "hub" / SHARDED / "main").iterdir()} - {
        path.name for path in (tmp_path / "hub" / SHARDED / "main").glob("*.safetensors")
    }
    kept = companions | {f".{name}.parley" for name in companions}
    qtbot.waitUntil(lambda: {path.name for path in home.iterdir()} <= kept, timeout=MILLISECONDS)
    assert program.models.downloads.downloads == []


def test_an_unquantized_model_becomes_what_is_chosen(
    qtbot: QtBot, start: Callable[[], Program], tmp_path: Path
) -> None:
    program = start()
    dialog = open_repo(qtbot, program, PLAIN)
    before = chosen(dialog).becomes
    assert before is not None and before.type == "Q8_0"
    types = dialog.view.prepare.types
    types.setCurrentIndex(types.findData(TypeChoice.Q4_0.value))
    after, fit = chosen(dialog).becomes, dialog.view.table.rows[0].fit
    assert after is not None and after.type == "Q4_0" and after.bytes < before.bytes
    assert fit is not None and fit.part("weights") == after.weights.total
    dialog.view.prepare.remove.setChecked(False)
    qtbot.mouseClick(dialog.footer.download, Qt.MouseButton.LeftButton)
    path = wait_for_model(qtbot, program)
    assert path.name == "tiny-Q4_0.gguf" and (path.parent / "model.safetensors").is_file()


def test_what_cannot_be_prepared_is_refused_by_name(qtbot: QtBot, start: Callable[[], Program]) -> None:
    program = start()
    dialog = open_repo(qtbot, program, FOREIGN)
    assert not dialog.footer.download.isEnabled()
    tip = dialog.footer.download.toolTip()
    assert "exl2" in tip and "Choose a GGUF, GPTQ, AWQ or bitsandbytes variant" in tip
    assert not dialog.view.prepare.isVisible()


def test_it_goes_on_after_the_window_was_closed(qtbot: QtBot, start: Callable[[], Program], tmp_path: Path) -> None:
    program = start()
    dialog = open_repo(qtbot, program, PACKED)
    qtbot.mouseClick(dialog.footer.download, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: program.models.imports.state is ImportState.WORKING, timeout=MILLISECONDS)
    again = start()
    path = wait_for_model(qtbot, again)
    assert path.is_file() and [one.state for one in again.models.imports.preparations] == [PreparationState.DONE]


def test_a_failure_keeps_the_original_and_can_be_retried(
    qtbot: QtBot, start: Callable[[], Program], server: HubServer, tmp_path: Path
) -> None:
    home = tmp_path / "home" / "data" / "models" / "acme" / "tiny-GPTQ"
    home.mkdir(parents=True)
    in_the_way = home / "tiny-GPTQ.gguf"
    in_the_way.write_bytes(b"mine")
    program = start()
    dialog = open_repo(qtbot, program, PACKED)
    qtbot.mouseClick(dialog.footer.download, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: [one.state for one in program.models.imports.preparations] == [PreparationState.FAILED],
        timeout=MILLISECONDS,
    )
    shown = downloads(program)
    (row,) = shown.preparations.values()
    assert "tiny-GPTQ.gguf is already in" in row.text and row.text.endswith("The original is kept.")
    assert program.view.sidebar.downloads.button.text() == "Downloads · one failed"
    assert (home / "model.safetensors").is_file() and in_the_way.read_bytes() == b"mine"
    in_the_way.unlink()
    row.retry.click()
    assert wait_for_model(qtbot, program) == in_the_way
    shown.close()


def drop(program: Program, folder: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(folder))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    program.view.dropEvent(QDropEvent(QPointF(400, 300), Qt.DropAction.CopyAction, data, buttons, keys))


def test_a_folder_that_is_dropped_on_the_window_is_prepared(
    qtbot: QtBot, start: Callable[[], Program], repos: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(repos / PLAIN / "main", tmp_path / "mine")
    program = start()
    drop(program, folder)
    qtbot.waitUntil(lambda: bool(program.view.findChildren(ImportDialog)), timeout=MILLISECONDS)
    (dialog,) = program.view.findChildren(ImportDialog)
    assert "F16 is quantized to Q8_0." in dialog.bar.text and dialog.refusal == ""
    assert not dialog.bar.remove.isChecked()
    dialog.prepare.click()
    path = wait_for_model(qtbot, program)
    assert path == tmp_path / "home" / "data" / "models" / "mine-Q8_0.gguf"
    assert (folder / "model.safetensors").is_file()
    program.view.findChildren(DownloadsDialog)[-1].close()


def test_a_folder_without_a_model_says_so(qtbot: QtBot, start: Callable[[], Program], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    program = start()
    drop(program, tmp_path / "empty")
    qtbot.waitUntil(lambda: isinstance(program.view.page.notice.error, NoCheckpoint), timeout=MILLISECONDS)
    drop(program, Path(shutil.copytree(tmp_path / "hub" / FOREIGN / "main", tmp_path / "foreign")))
    qtbot.waitUntil(lambda: bool(program.view.findChildren(ImportDialog)), timeout=MILLISECONDS)
    (dialog,) = program.view.findChildren(ImportDialog)
    assert "exl2" in dialog.refusal and not dialog.prepare.isEnabled()
    dialog.close()
