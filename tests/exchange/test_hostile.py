"""What was made to break an import: each is refused by a typed error, in bounded memory, and hides nothing else."""

from __future__ import annotations

import io
import json
import os
import struct
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.data.exchange_errors import (
    ArchiveDamaged,
    ArchiveTooLarge,
    FileCutOff,
    FormatNewer,
    ImportUnreadable,
    NestedTooDeep,
    NotAChatExport,
    RecordInvalid,
)
from app.core.errors import Bug, Failure, UserError, WorldError
from app.exchange import reading, records, sources
from app.exchange.importing import Importer, Outcome
from app.exchange.reading import read_path
from app.exchange.records import DocumentEndsEarly, parse_record, split_records
from tests.exchange import builders


def read(path):
    """Origins of what could be read, and names of the errors of what could not."""
    found = list(read_path(path))
    good = [one.read.origin for one in found if not isinstance(one.read, Failure)]
    return good, [one.read.code for one in found if isinstance(one.read, Failure)]


def split(data):
    return [parse_record(record) for record in split_records(io.BytesIO(data), "file")]


class Pile:
    """A shelf that keeps all it is given."""

    def __init__(self):
        self.kept = []

    def put(self, conversations):
        self.kept += conversations
        return [(Outcome.ADDED, len(conversation.messages)) for conversation in conversations]


def run(*paths):
    return Importer(Pile(), lambda done: None, lambda: False).run(paths)


def test_files_beyond_the_most_are_told_and_the_first_ones_come_in(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MAX_FILES", 3)
    builders.jan(tmp_path / "behind them")
    for number in range(1, 4):
        builders.write_json(tmp_path / f"{number}.json", [builders.claude(str(number))])
    archive = builders.write_zip(
        tmp_path / "all.zip", **{f"{number}_json": json.dumps([builders.claude(str(number))]) for number in range(5)}
    )
    assert read(tmp_path) == (["claude:1", "claude:2", "claude:3"], ["TooManyFiles"])
    assert read(archive) == ([f"claude:{number}" for number in range(3)], ["TooManyFiles"])
    report = run(archive)
    assert (report.added, report.skipped_count) == (3, 1)
    assert "one by one" in report.next_steps[0]


def test_as_many_files_as_may_be_are_all_read(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MAX_FILES", 2)
    builders.jan(tmp_path)
    assert read(tmp_path) == (["jan:jan_1700000000"], [])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is closed to this user")
def test_a_folder_that_may_not_be_looked_into_is_told(tmp_path):
    builders.write_json(tmp_path / "a.json", [builders.claude()])
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    try:
        assert read(tmp_path) == (["claude:c-1"], ["ImportUnreadable"])
    finally:
        closed.chmod(0o700)


def test_a_bad_record_is_told_and_the_rest_comes_in(tmp_path):
    items = [builders.chatgpt("1"), {"mapping": {}, "id": "2"}, 3, {"mapping": []}, builders.chatgpt("4")]
    path = builders.write_json(tmp_path / "conversations.json", items)
    report = run(path)
    assert (report.added, report.skipped_count) == (2, 3)
    assert [skipped.place for skipped in report.skipped] == [
        "conversations.json, chat 2",
        "conversations.json, chat 3",
        "conversations.json, chat 4",
    ]
    assert report.skipped[0].failure.error().sentence == "This chat could not be read: no message is in it."


@pytest.mark.parametrize("broken", [b'{"mapping": {"a": ]}}', b"{'mapping': 1}", b'{"mapping": {}', b"nonsense"])
def test_a_record_that_is_no_json_does_not_hide_those_around_it(tmp_path, broken):
    one, two = json.dumps(builders.claude("1")).encode(), json.dumps(builders.claude("2")).encode()
    path = tmp_path / "c.json"
    path.write_bytes(
        b"[" + one + b"," + broken + (b"}" * (broken.count(b"{") - broken.count(b"}"))) + b"," + two + b"]"
    )
    good, bad = read(path)
    assert good == ["claude:1", "claude:2"]
    assert bad == ["RecordInvalid"]


def test_a_document_that_is_cut_off_gives_what_stood_before(tmp_path):
    whole = json.dumps([builders.claude("1"), builders.claude("2")])
    path = tmp_path / "c.json"
    path.write_text(whole[:-40])
    assert read(path) == (["claude:1"], ["FileCutOff"])


def test_broken_utf8_lone_surrogates_and_nuls_become_marks(tmp_path):
    text = json.dumps(builders.claude(messages=[{"uuid": "1", "sender": "human", "text": "a@b"}])).encode()
    for hostile in (b"\xff\xfe", b"\\ud800", b"\\u0000"):
        path = tmp_path / "c.json"
        path.write_bytes(b"[" + text.replace(b"@", hostile) + b"]")
        (found,) = [one.read for one in read_path(path)]
        said = found.messages[0].text
        assert said.startswith("a\ufffd") and said.endswith("b")
        said.encode()


def test_a_mark_at_the_start_is_no_part_of_the_document(tmp_path):
    path = tmp_path / "c.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps([builders.claude()]).encode())
    assert read(path) == (["claude:c-1"], [])


def test_a_record_nested_deeply_is_skipped_and_a_document_of_nothing_but_nesting_refused(tmp_path):
    deep = '{"chat_messages": ' + "[" * 1000 + "]" * 1000 + "}"
    path = tmp_path / "c.json"
    path.write_text(f"[{json.dumps(builders.claude())},{deep}]")
    assert read(path) == (["claude:c-1"], ["RecordInvalid"])
    path.write_bytes(b"[" * 5_000_000)
    with pytest.raises(NestedTooDeep):
        split(path.read_bytes())
    assert read(path) == ([], ["NestedTooDeep"])


def test_a_record_beyond_all_sizes_is_skipped_without_being_held(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "MAX_RECORD_BYTES", 5_000_000)
    huge = json.dumps({"mapping": {"a": "x" * 30_000_000}})
    path = tmp_path / "c.json"
    path.write_text(f"[{json.dumps(builders.claude('1'))},{huge},{json.dumps(builders.claude('2'))}]")
    assert read(path) == (["claude:1", "claude:2"], ["RecordInvalid"])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1 << 20])
def test_a_document_is_split_alike_however_it_arrives(monkeypatch, size):
    monkeypatch.setattr(records, "_CHUNK", size)
    data = b' [ {"a": "x,]}\\"\\\\", "b": [1, {"c": []}]}, [1,2], 3 ,"s,", {} ] '
    assert split(data) == [{"a": 'x,]}"\\', "b": [1, {"c": []}]}, [1, 2], 3, "s,", {}]
    data = b'{"version": 1, "x": {"conversations": [9]}, "conversations": [{"a": 1}, {"b": "]"}]}'
    assert split(data) == [{"a": 1}, {"b": "]"}]
    assert split(b'{"one": [1, 2]}') == [{"one": [1, 2]}]
    assert split(b"[]") == split(b"") == []
    with pytest.raises(DocumentEndsEarly):
        split(b"[1], [2]")


@settings(max_examples=40)
@given(
    st.lists(
        st.recursive(
            st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
        )
    )
)
def test_any_list_is_split_into_its_items(items):
    assert split(json.dumps(items).encode()) == items
    assert split(json.dumps({"a": 1, "conversations": items}, ensure_ascii=False).encode()) == items


@given(st.binary(max_size=200))
def test_any_bytes_are_split_or_refused(data):
    try:
        for record in split_records(io.BytesIO(b"[" + data), "file"):
            parse_record(record)
    except (DocumentEndsEarly, UserError):
        pass


def test_threads_wait_for_their_messages_without_being_held(tmp_path):
    text = json.dumps({"id": "1", "object": "thread", "padding": "x" * 2_000_000})
    archive = builders.write_zip(tmp_path / "jan.zip", **{f"{number}/thread_json": text for number in range(30)})
    tracemalloc.start()
    try:
        assert len(read(archive)[0]) == 30
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()


def test_names_that_climb_out_of_an_archive_mean_nothing(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    archive = inside / "evil.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name in ("../../climbed.json", "/absolute.json", "C:\\drive.json"):
            file.writestr(name, json.dumps([builders.claude(name)]))
    good, bad = read(archive)
    assert (len(good), bad) == (3, [])
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["evil.zip", "inside"]


def test_a_zip_bomb_is_refused_while_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "FREE_BYTES", 100_000)
    archive = builders.write_zip(
        tmp_path / "bomb.zip", a_json=b"[" + b" " * 50_000_000 + b"]", b_json=json.dumps([builders.claude()])
    )
    assert read(archive) == (["claude:c-1"], ["ArchiveTooLarge"])
    monkeypatch.setattr(sources, "MAX_UNPACKED_BYTES", 1_000_000)
    monkeypatch.setattr(sources, "FREE_BYTES", 1 << 40)
    with pytest.raises(ArchiveTooLarge), sources.entries_of(archive) as entries:
        next(entries).open().read()


def test_a_zip_that_lies_about_its_sizes_is_refused(tmp_path):
    archive = builders.write_zip(tmp_path / "lies.zip", a_json=json.dumps([builders.claude()]))
    data = bytearray(archive.read_bytes())
    at = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 16, 0)  # the checksum
    archive.write_bytes(data)
    assert read(archive)[1] == ["ArchiveDamaged"]


@pytest.mark.parametrize("damage", [lambda data: data[:60], lambda data: data[:-30], lambda data: b"PK\x03\x04"])
def test_a_damaged_zip_is_refused(tmp_path, damage):
    archive = builders.write_zip(tmp_path / "c.zip", a_json=json.dumps([builders.claude()]))
    archive.write_bytes(damage(archive.read_bytes()))
    with pytest.raises(ArchiveDamaged):
        run(archive)


@pytest.mark.parametrize("packed", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_that_is_damaged_inside_is_refused_however_it_is_packed(tmp_path, packed):
    archive = tmp_path / "c.zip"
    with zipfile.ZipFile(archive, "w", packed) as file:
        file.writestr("a.json", json.dumps([builders.claude()] * 40))
    data = bytearray(archive.read_bytes())
    data[50:90] = bytes(40)
    archive.write_bytes(data)
    (skipped,) = run(archive).skipped
    assert skipped.failure.code != "Bug"


def test_a_protected_zip_is_refused(tmp_path):
    archive = builders.write_zip(tmp_path / "c.zip", a_json=json.dumps([builders.claude()]))
    data = bytearray(archive.read_bytes())
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + offset] |= 1
    archive.write_bytes(data)
    (skipped,) = run(archive).skipped
    assert "password" in skipped.failure.error().sentence


def test_what_is_not_there_or_holds_no_conversation_is_said(tmp_path):
    with pytest.raises(ImportUnreadable):
        run(tmp_path / "missing.zip")
    for name, data in (
        ("a.json", b"{}"),
        ("b.json", b"[1, 2]"),
        ("c.txt", b"hello"),
        ("d.json", b""),
        ("e.json", b"[{"),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(NotAChatExport):
            run(path)
    with pytest.raises(NotAChatExport):
        run(tmp_path)


def test_what_can_be_read_comes_in_beside_what_cannot(tmp_path):
    good = builders.write_json(tmp_path / "good.json", [builders.claude()])
    report = run(tmp_path / "missing.json", good)
    assert (report.added, report.skipped_count) == (1, 1)


def test_chats_of_gpt4all_that_are_cut_off_or_lie_are_refused(tmp_path):
    whole = builders.gpt4all()
    path = tmp_path / "x.chat"
    for size in range(4, len(whole), 7):
        path.write_bytes(whole[:size])
        assert read(path) == ([], ["RecordInvalid"])
    path.write_bytes(whole[:4] + struct.pack(">i", 13) + whole[8:])
    assert read(path) == ([], [FormatNewer.__name__])
    path.write_bytes(whole[:16] + struct.pack(">I", 0x7FFFFFF0) + whole[20:])
    assert read(path) == ([], ["RecordInvalid"])


RECORDS = [builders.chatgpt(), builders.claude(), builders.lm_studio(), builders.open_webui()]
JUNK = st.sampled_from(
    [
        None,
        True,
        -1,
        10**30,
        1e308,
        float("nan"),
        "",
        "\ud800",
        "\x00",
        "x" * 100,
        [],
        {},
        [[]],
        {"a": {"b": []}},
        [None],
    ]
)


def places(value, path=()):
    """Where something could be put in the place of something else."""
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*path, key))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from places(item, (*path, at))


def put(value, path, junk):
    if not path:
        return junk
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = put(value[path[0]], path[1:], junk)
    return copy


@settings(max_examples=400)
@given(data=st.data())
def test_any_field_of_any_type_is_read_or_refused(tmp_path, data):
    record = data.draw(st.sampled_from(RECORDS))
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(list(places(record))))
        record = put(record, path, data.draw(JUNK))
    file = builders.write_json(tmp_path / "c.json", [record, builders.claude("whole")])
    found = list(read_path(file))
    codes = {one.read.code for one in found if isinstance(one.read, Failure)}
    assert codes <= {RecordInvalid.__name__}, [one.read.detail for one in found if isinstance(one.read, Failure)]
    assert Bug.__name__ not in codes
    good = [one.read for one in found if not isinstance(one.read, Failure)]
    assert "claude:whole" in [one.origin for one in good]
    for one in good:
        sound(one)


@settings(max_examples=300)
@given(at=st.integers(8, 600), value=st.integers(0, 255), version=st.integers(1, 12))
def test_any_byte_of_a_binary_chat_may_be_wrong(tmp_path, at, value, version):
    data = bytearray(builders.gpt4all(version))
    data[at % len(data)] = value
    path = tmp_path / "x.chat"
    path.write_bytes(data)
    for one in read_path(path):
        if isinstance(one.read, Failure):
            assert one.read.code in (RecordInvalid.__name__, NotAChatExport.__name__, FormatNewer.__name__)
        else:
            sound(one.read)


def sound(conversation):
    """A tree: parents before children, ids of their own, a leaf that is there, texts that can be stored."""
    seen = set()
    for message in conversation.messages:
        assert message.id not in seen
        assert message.parent is None or message.parent in seen
        seen.add(message.id)
        for text in (message.text, message.reasoning):
            text.encode()
    assert conversation.leaf is None or conversation.leaf in seen
    conversation.origin.encode()


def test_an_error_of_the_shelf_ends_the_import(tmp_path):
    class Full(Pile):
        def put(self, conversations):
            raise FileCutOff(file="x", count=1)

    path = builders.write_json(tmp_path / "c.json", [builders.claude()])
    with pytest.raises(WorldError):
        Importer(Full(), lambda done: None, lambda: False).run([path])


def test_a_stopped_import_reads_no_further(tmp_path):
    looks = iter([False] * 3 + [True] * 9)
    path = builders.write_json(tmp_path / "c.json", [builders.claude(str(n)) for n in range(10)])
    report = Importer(Pile(), lambda done: None, lambda: next(looks)).run([path])
    assert report.added == 3
