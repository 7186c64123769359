"""The picker in a real window: a real hub child, a local Hub, and simulated machines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.catalog.fit.calibration import Calibration
from app.core.prediction.fit import NeedSource, Placement
from app.core.prediction.measurement import Measurement, MeasurementKind
from app.ui.models.access import TokenDialog
from app.ui.models.card import CardDialog
from app.ui.models.fit_panel import DeviceLine
from app.ui.models.picker import PickerDialog
from app.ui.models.search_bar import FITS_HERE
from app.ui.text_dialog import MessageDialog, TextDialog
from app.ui.theme import ThemeSource
from tests.hub.hubserver import HubServer
from tests.hub.served import GATED, GGUF_13B, GPTQ_70B, MEMBER, PRIVATE, SHARDED, TINY
from tests.machines import DESKTOP, GB, LAPTOP, MAC, MACHINES, WORKSTATION
from tests.ui.picker_kit import Opener, open_repo, opener, row, starred, words
from tests.ui.seen import button


@pytest.fixture
def picker(qtbot: QtBot, themed: ThemeSource, tiny_hub: HubServer, own_home: Path) -> Iterator[Opener]:
    with opener(qtbot, themed, own_home) as show:
        yield show


def test_the_first_page_needs_no_network(qtbot: QtBot, picker: Opener, tiny_hub: HubServer) -> None:
    dialog = picker(LAPTOP)
    assert next(row.title for row in dialog.found.repos.rows) == "Qwen3 4B"
    assert "8 GB of memory, 5.1 GB free" in words(dialog)
    assert tiny_hub.log == []


def test_enter_in_the_search_field_searches_and_opens_nothing_else(
    qtbot: QtBot, picker: Opener, tiny_hub: HubServer
) -> None:
    dialog = picker(LAPTOP)
    dialog.search.field.setText("llama")
    qtbot.keyClick(dialog.search.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: any("Llama" in row.title for row in dialog.found.repos.rows))
    assert dialog.view.page is None and "Choose a model at the left" in words(dialog.view)
    dialog.search.field.clear()
    assert button(dialog.view, "See its variants").isVisible()


@pytest.mark.parametrize(("name", "line"), [
    ("laptop", "8 GB of memory, 5.1 GB free"),
    ("desktop", "16 GB of memory, 11.2 GB free · RTX 4070: 12 GB, 10.8 GB free"),
    ("mac", "24 GB of memory, shared with the GPU, 17.5 GB free · Apple M4"),
    (
        "workstation",
        "128 GB of memory, 112 GB free · RTX 4090: 24 GB, 22.8 GB free · RTX 4090: 24 GB, 23.2 GB free",
    ),
])  # fmt: skip
def test_the_machine_is_on_top(picker: Opener, name: str, line: str) -> None:
    assert line in words(picker(MACHINES[name])).split("\n")


def test_searching_lists_repos(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(DESKTOP)
    qtbot.keyClicks(dialog.search.field, "upstage")
    qtbot.waitUntil(lambda: len(dialog.found.repos.rows) == 2)
    assert "Found on the Hub" in words(dialog)
    dialog.search.field.setText("no such model")
    dialog.search.submit()
    qtbot.waitUntil(lambda: "Nothing was found. Try fewer words, or another format." in words(dialog))
    dialog.search.field.clear()
    assert "Good on this machine" in words(dialog)


def test_each_machine_gets_its_best_variant(qtbot: QtBot, picker: Opener) -> None:
    best = {}
    for name, machine in MACHINES.items():
        dialog = picker(machine)
        open_repo(qtbot, dialog, GGUF_13B)
        assert len(dialog.view.table.rows) == 12
        best[name] = starred(dialog)
        dialog.close()
    assert best["laptop"] == []
    assert best["workstation"] == ["Q8_0"]
    assert len(best["desktop"]) == len(best["mac"]) == 1


def test_the_best_is_chosen_and_explained(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(MAC)
    open_repo(qtbot, dialog, GGUF_13B)
    chosen = dialog.view.table.current
    assert chosen is not None and chosen.is_best
    assert dialog.view.panel.reason.startswith("Best here because")
    assert "to download" in words(dialog) and "llama2 licence" in words(dialog)
    assert dialog.footer.download.isEnabled()


def test_the_slider_changes_need_and_verdict(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(DESKTOP)
    open_repo(qtbot, dialog, GGUF_13B)
    qtbot.waitUntil(lambda: row(dialog, "Q4_K_M").fit is not None)
    dialog.view.table.choose(row(dialog, "Q4_0").variant)
    long = row(dialog, "Q4_0").fit
    dialog.view.panel.slider.setFocus()
    qtbot.keyClick(dialog.view.panel.slider, Qt.Key.Key_Home)
    short = row(dialog, "Q4_0").fit
    assert long is not None and short is not None
    assert (long.context_length, short.context_length) == (4096, 512)
    assert long.verdict.placement is Placement.PARTLY
    assert short.verdict.placement is Placement.ALL_ON_GPU
    assert "512 tokens · about 2 pages" in words(dialog)
    assert dialog.view.table.current is not None and dialog.view.table.current.variant.name == "Q4_0"


def test_two_cards_of_one_kind_are_told_apart(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(WORKSTATION)
    open_repo(qtbot, dialog, GGUF_13B)
    said = words(dialog)
    assert "on the RTX 4090 (1)" in said and "on the RTX 4090 (2)" in said


def test_a_long_name_leaves_room_for_where_it_runs(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(WORKSTATION)
    open_repo(qtbot, dialog, GPTQ_70B)
    for width in (dialog.minimumWidth(), dialog.width()):
        dialog.resize(width, dialog.height())
        for line in dialog.findChildren(DeviceLine):
            told = QTextDocument()
            told.setDefaultFont(line.font())
            told.setHtml(line.shown_name)
            assert "RTX 4090 (" in line.shown_name
            assert told.idealWidth() - 2 * told.documentMargin() <= line._name.width()


def test_a_long_name_is_not_cut_where_a_line_has_room_for_it(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(WORKSTATION)
    open_repo(qtbot, dialog, GPTQ_70B)
    (best,), (first, second) = starred(dialog), dialog.findChildren(DeviceLine)
    assert first.isVisible() and second.isVisible()
    for width in range(dialog.minimumWidth(), 1300, 20):
        dialog.resize(width, dialog.height())
        QApplication.processEvents()
        assert f"<b>{best}</b>" in first.shown_name


def test_nothing_is_squeezed_where_there_is_little_room(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(WORKSTATION)
    font = dialog.font()
    font.setPointSizeF(font.pointSizeF() * 1.5)
    dialog.setFont(font)
    dialog.resize(dialog.minimumSize())
    open_repo(qtbot, dialog, GPTQ_70B)
    for part in (dialog.view.table, dialog.view.panel, dialog.view.prepare):
        needed = part.heightForWidth(part.width()) if part.hasHeightForWidth() else part.minimumSizeHint().height()
        assert part.height() >= needed


def test_a_smaller_cache_type_takes_less(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(DESKTOP)
    open_repo(qtbot, dialog, GGUF_13B)
    before = row(dialog, "Q6_K").fit
    dialog.view.panel.kv_type.setCurrentIndex(2)
    after = row(dialog, "Q6_K").fit
    assert before is not None and after is not None
    assert after.part("kv") < before.part("kv") / 3


def test_the_chosen_variant_becomes_exact(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(MAC)
    open_repo(qtbot, dialog, GGUF_13B)
    chosen = dialog.view.variant
    assert chosen is not None

    def is_exact() -> bool:
        found = row(dialog, chosen.name)
        return found.fit is not None and found.fit.exact and found.is_best

    qtbot.waitUntil(is_exact)


def source(dialog: PickerDialog) -> str:
    return dialog.view.panel.source


def test_the_need_is_measured_by_llama_cpp_and_the_slider_follows(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(DESKTOP)
    open_repo(qtbot, dialog, TINY)
    assert source(dialog) == "by formula"
    qtbot.waitUntil(lambda: source(dialog) == "measured by llama.cpp")
    assert "measured by llama.cpp" in words(dialog)
    slider = dialog.view.panel.slider
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    assert source(dialog) == "by llama.cpp's plan for another length"
    qtbot.waitUntil(lambda: source(dialog) == "measured by llama.cpp")
    qtbot.keyClick(slider, Qt.Key.Key_End)
    assert source(dialog) == "measured by llama.cpp"


def test_the_starred_variant_is_measured_too(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(MAC)
    open_repo(qtbot, dialog, GGUF_13B)
    dialog.view.table.choose(row(dialog, "Q2_K").variant)

    def is_measured(name: str) -> bool:
        found = row(dialog, name).fit
        return found is not None and found.source is NeedSource.MEASURED

    qtbot.waitUntil(lambda: is_measured("Q2_K") and all(map(is_measured, starred(dialog))))
    assert dialog.view.variant is not None and dialog.view.variant.name == "Q2_K"


def test_what_the_last_run_took_is_told(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(DESKTOP)
    run = Measurement(
        kind=MeasurementKind.MEMORY, backend="CUDA", architecture="llama", quantization="F16",
        predicted=7.9e9, measured=7.8e9, model="/models/tiny.F16.gguf",
    )  # fmt: skip
    open_repo(qtbot, dialog, TINY)
    assert "Last run" not in words(dialog)
    quantization = dialog.view.table.rows[0].variant.quantization
    dialog._fit.calibration = Calibration([msgspec.structs.replace(run, quantization=quantization)])
    dialog.view.rank()
    assert "Last run: predicted 7.9 GB, measured 7.8 GB" in words(dialog)


def test_sorting_by_fit_says_what_was_ranked(qtbot: QtBot, picker: Opener, tmp_path: Path) -> None:
    for repo, weights in ((TINY, 3 * GB), (SHARDED, 70 * GB)):
        (tmp_path / "hub" / repo / "repo.json").write_text(f'{{"gguf": {{"total": {weights}}}}}')
    dialog = picker(LAPTOP)
    dialog.search.order.setCurrentIndex(dialog.search.order.findData(FITS_HERE))
    qtbot.waitUntil(lambda: "Best fits of the" in words(dialog))
    rows = dialog.found.repos.rows
    assert f"Best fits of the {len(rows)} most downloaded" in words(dialog)
    fitting = [row.remark.startswith("on the CPU") for row in rows]
    large = [row.remark.startswith("too large here") for row in rows]
    assert any(fitting) and any(large)
    assert max(number for number, yes in enumerate(fitting) if yes) < min(n for n, yes in enumerate(large) if yes)


def test_a_click_on_a_header_sorts(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(WORKSTATION)
    open_repo(qtbot, dialog, GGUF_13B)
    table = dialog.view.table
    header = table.horizontalHeader()
    at = QPoint(header.sectionViewportPosition(3) + 10, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert table.model().index(0, 0).data() == "Q8_0"
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert table.model().index(0, 0).data() == "Q2_K"
    assert table.current is not None and table.current.is_best


def test_the_keyboard_goes_by_rows_and_the_chosen_one_shows_it(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(WORKSTATION)
    open_repo(qtbot, dialog, GGUF_13B)
    table = dialog.view.table
    table.choose(row(dialog, "Q4_0").variant)
    band = table.visualRect(table.currentIndex())
    plain = table.viewport().grab(band).toImage()
    table.setFocus()
    assert table.viewport().grab(band).toImage() != plain
    for key, name in ((Qt.Key.Key_Right, "Q4_0"), (Qt.Key.Key_End, "Q8_0"), (Qt.Key.Key_Home, "Q2_K")):
        qtbot.keyClick(table, key)
        assert table.current is not None and table.current.variant.name == name


def test_a_packed_checkpoint_is_judged_by_what_it_becomes(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(WORKSTATION)
    open_repo(qtbot, dialog, GPTQ_70B)
    assert len(dialog.view.table.rows) == 8
    assert len(starred(dialog)) == 1
    by_name = {row.variant.name: row for row in dialog.view.table.rows}
    scattered, in_order = by_name["gptq-4bit-32g-actorder_True"], by_name["gptq-3bit-128g-actorder_False"]
    assert scattered.fit is not None and in_order.fit is not None
    assert scattered.fit.part("weights") > 1.3 * scattered.variant.bytes
    assert in_order.fit.part("weights") < 0.75 * scattered.fit.part("weights")
    dialog.view.table.choose(scattered.variant)
    assert dialog.footer.download.text() == "Download and prepare"
    assert "with act-order are stored at 8 bits (Q8_0), 1." in dialog.view.prepare.text
    assert "undone without loss, so they stay Q4_0" in dialog.view.prepare.text
    assert "on disk until the original is removed" in words(dialog) or "The disk has too little room" in words(dialog)
    dialog.view.table.choose(in_order.variant)
    assert "GPTQ 3-bit groups of 128 are kept exactly, as Q4_0." in dialog.view.prepare.text


def test_a_gated_repo_says_what_to_do_and_takes_a_token(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(DESKTOP)
    dialog.open_repo(GATED)
    qtbot.waitUntil(lambda: "asks who you are" in words(dialog))
    assert GATED in dialog.view.address
    assert button(dialog, "Open its page…").property("kind") == "primary"  # its terms come first
    assert button(dialog, "Try again").property("kind") != "primary"
    button(dialog, "Open its page…").click()
    outside = dialog.findChild(MessageDialog)
    assert isinstance(outside, MessageDialog)
    outside.close()


def test_a_private_repo_opens_with_a_token(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(DESKTOP)
    dialog.open_repo(PRIVATE)
    qtbot.waitUntil(lambda: "There is no repo" in words(dialog))
    qtbot.mouseClick(button(dialog, "Enter a token…"), Qt.MouseButton.LeftButton)
    asked = dialog.findChild(TokenDialog)
    assert isinstance(asked, TokenDialog)
    qtbot.keyClicks(asked.field, "two words")
    qtbot.mouseClick(asked.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "This is not a token" in words(asked))
    asked.field.setText(MEMBER)
    qtbot.mouseClick(asked.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.view.variant is not None)


def test_without_a_network_there_is_a_retry(
    qtbot: QtBot, picker: Opener, tiny_hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    dialog = picker(DESKTOP)
    dialog.open_repo(TINY)
    qtbot.waitUntil(lambda: "switched off for Parley" in words(dialog))
    button(dialog, "Try again").click()
    assert f"Reading {TINY}" in words(dialog)


def test_the_card_is_text_with_links_that_open_outside(qtbot: QtBot, picker: Opener, tiny_hub: HubServer) -> None:
    dialog = picker(DESKTOP)
    open_repo(qtbot, dialog, TINY)
    qtbot.mouseClick(button(dialog, "Model card"), Qt.MouseButton.LeftButton)
    card = dialog.findChild(CardDialog)
    assert isinstance(card, CardDialog)
    card.text.select_all()
    assert "See the site." in card.text.selected_text() and "license" not in card.text.selected_text()
    card.text.link_activated.emit("https://example.org/a")
    asked = card.findChild(MessageDialog)
    assert isinstance(asked, MessageDialog) and "https://example.org/a" in words(asked).replace("\u200b", "")
    asked.close()
    card.close()


def test_the_files_are_listed_with_their_hashes(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(DESKTOP)
    open_repo(qtbot, dialog, TINY)
    qtbot.mouseClick(button(dialog, "Show files"), Qt.MouseButton.LeftButton)
    files = dialog.findChild(TextDialog)
    assert isinstance(files, TextDialog)
    assert "tiny.F16.gguf" in files.text and "sha256 " in files.text
    files.close()


def test_an_address_opens_its_repo(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(DESKTOP)
    dialog.search.field.setText(f"https://huggingface.co/{GPTQ_70B}/tree/gptq-3bit-128g-actorder_True")
    dialog.search.submit()
    qtbot.waitUntil(lambda: dialog.view.page is not None)
    assert [row.variant.branch for row in dialog.view.table.rows] == ["gptq-3bit-128g-actorder_True"]


def test_what_does_not_fit_is_not_what_one_is_led_to(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(LAPTOP)
    open_repo(qtbot, dialog, GGUF_13B)
    assert button(dialog.footer, "Download anyway").property("kind") != "primary"
    qtbot.mouseClick(button(dialog.footer, "See what fits here"), Qt.MouseButton.LeftButton)
    assert dialog.search.field.text() == "" and "Good on this machine" in words(dialog)
    assert "Qwen3 4B suits this machine" in words(dialog.view)
    assert not dialog.footer.fitting.isVisible() and not dialog.footer.download.isVisible()


def test_a_variant_that_fits_at_another_context_is_offered_at_once(qtbot: QtBot, picker: Opener) -> None:
    dialog = picker(LAPTOP)
    open_repo(qtbot, dialog, GGUF_13B)
    assert dialog.footer.fitting.isVisible()
    dialog.view.panel.slider.setValue(dialog.view.panel.slider.minimum())
    fits = dialog.view.fits
    assert dialog.footer.fitting.isVisible() is not fits
    assert dialog.footer.download.text() == ("Download and chat" if fits else "Download anyway")


def test_a_list_says_what_it_is_before_it_is_there(picker: Opener) -> None:
    dialog = picker(DESKTOP)
    dialog.search.field.setText("llama")
    dialog.search.submit()
    assert "Searching…" in words(dialog.found) and "Good on this machine" not in words(dialog.found)
