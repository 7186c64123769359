"""Exports, imports and attachments as the window asks for them: real children, a real database."""

from __future__ import annotations

import json
import sys

import pytest

from app.bootstrap.starting import child_starter
from app.core.chat.attachment_errors import AttachmentBinary, ExtractionLost
from app.core.chat.conversation_errors import UnknownConversation
from app.core.data.exchange import ExportFormat
from app.core.data.exchange_errors import ExchangeLost, NotAChatExport
from app.core.paths import Folders
from app.core.protocol import ChildRole
from app.services.exchange import AttachmentReader, ExchangeService
from app.services.relay import Relay
from tests.exchange import builders
from tests.storage.filling import create


@pytest.fixture
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("PARLEY_HOME", str(tmp_path / "home"))
    return Folders.of({"PARLEY_HOME": str(tmp_path / "home")})


@pytest.fixture
def service(qtbot, folders):
    made = ExchangeService(child_starter(ChildRole.EXCHANGE, folders, None), Relay())
    yield made
    made.shutdown()


def wait(qtbot, signal, act):
    with qtbot.waitSignal(signal) as caught:
        act()
    return caught.args


def test_what_is_imported_is_exported_in_every_format(qtbot, service, tmp_path):
    path = builders.write_json(tmp_path / "c.json", [builders.claude(str(n)) for n in range(3)])
    _, report = wait(qtbot, service.imported, lambda: service.import_paths([path]))
    assert (report.added, report.messages) == (3, 9)
    for form in ExportFormat:
        target = tmp_path / "out" / f"{form.value}.zip"
        _, exported = wait(qtbot, service.exported, lambda: service.export([], form, target))  # noqa: B023
        assert (exported.conversations, exported.files) == (3, 3)
        assert target.stat().st_size == exported.bytes
    assert not service.is_busy


def test_one_after_another_and_failures_between_them(qtbot, service, tmp_path):
    seen = []
    for name in ("imported", "exported", "failed"):
        getattr(service, name).connect(lambda _, value, name=name: seen.append((name, value)))
    (tmp_path / "x.json").write_text("[]")
    good = builders.write_json(tmp_path / "c.json", [builders.claude()])
    service.import_paths([tmp_path / "x.json"])
    service.import_paths([good])
    service.export([99], ExportFormat.JSON, tmp_path / "a.json")
    service.export([1], ExportFormat.JSON, tmp_path / "b.json")
    qtbot.waitUntil(lambda: len(seen) == 4)
    assert [name for name, _ in seen] == ["failed", "imported", "failed", "exported"]
    assert isinstance(seen[0][1], NotAChatExport)
    assert isinstance(seen[2][1], UnknownConversation)
    assert not (tmp_path / "a.json").exists()


def test_an_import_that_is_stopped_keeps_what_came_in(qtbot, service, tmp_path):
    path = builders.write_json(tmp_path / "c.json", [builders.claude(str(n)) for n in range(2000)])
    work, *_ = wait(qtbot, service.progress, lambda: service.import_paths([path]))
    _, report = wait(qtbot, service.imported, lambda: service.cancel(work))
    assert 0 < report.added < 2000
    _, again = wait(qtbot, service.imported, lambda: service.import_paths([path]))
    assert (again.present, again.added) == (report.added, 2000 - report.added)


def test_what_waits_behind_something_else_is_stopped_alone(qtbot, service, tmp_path):
    path = builders.write_json(tmp_path / "c.json", [builders.claude(str(n)) for n in range(200)])
    first = service.import_paths([path])
    second = service.export([], ExportFormat.JSON, tmp_path / "all.json")
    assert wait(qtbot, service.stopped, lambda: service.cancel(second)) == [second]
    with qtbot.waitSignal(service.imported) as caught:
        pass
    assert caught.args[0] == first and caught.args[1].added == 200
    assert not service.is_busy and not (tmp_path / "all.json").exists()


def test_a_child_that_dies_is_told(qtbot, folders, tmp_path):
    service = ExchangeService(child_starter(ChildRole.EXCHANGE, folders, ["false"]), Relay())
    _, error = wait(qtbot, service.failed, lambda: service.import_paths([tmp_path]))
    assert isinstance(error, ExchangeLost)
    service.shutdown()


def test_attachments_are_read_one_after_another(qtbot, folders, tmp_path):
    reader = AttachmentReader(child_starter(ChildRole.EXTRACT, folders, None), Relay())
    seen = {}
    reader.extracted.connect(lambda path, attachment: seen.update({path: attachment.text}))
    reader.failed.connect(lambda path, error: seen.update({path: type(error)}))
    for name, data in (("a.txt", b"A"), ("b.bin", bytes(range(256)) * 9), ("c.md", b"C")):
        (tmp_path / name).write_bytes(data)
        reader.read(tmp_path / name)
    qtbot.waitUntil(lambda: len(seen) == 3)
    assert list(seen.values()) == ["A", AttachmentBinary, "C"]
    reader.shutdown()


def test_a_reader_that_dies_loses_one_file_alone(qtbot, folders, tmp_path):
    script = "import sys; sys.exit(5)"
    reader = AttachmentReader(child_starter(ChildRole.EXTRACT, folders, [sys.executable, "-c", script]), Relay())
    lost = []
    reader.failed.connect(lambda path, error: lost.append((path, error)))
    reader.read(tmp_path / "a")
    reader.read(tmp_path / "b")
    qtbot.waitUntil(lambda: len(lost) == 2)
    assert [path for path, _ in lost] == [str(tmp_path / "a"), str(tmp_path / "b")]
    assert all(isinstance(error, ExtractionLost) for _, error in lost)
    reader.shutdown()


def test_the_database_is_shared_with_a_window_that_writes(qtbot, service, folders, tmp_path):
    from app.storage.stores import open_stores

    stores = open_stores(folders.database)
    path = builders.write_json(tmp_path / "c.json", [builders.claude(str(n)) for n in range(300)])
    service.import_paths([path])
    with qtbot.waitSignal(service.imported) as caught:
        for number in range(100):
            create(stores.conversations, f"mine {number}")
    assert caught.args[1].added == 300
    assert stores.conversations.count() == 400
    stores.database.close()


def test_a_document_of_all_says_what_it_is(qtbot, service, tmp_path):
    path = builders.write_json(tmp_path / "c.json", [builders.claude()])
    wait(qtbot, service.imported, lambda: service.import_paths([path]))
    wait(qtbot, service.exported, lambda: service.export([], ExportFormat.JSON, tmp_path / "all.json"))
    assert json.loads((tmp_path / "all.json").read_text())["format"] == "parley-conversations"
