from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from app.core.chat.conversation_errors import UnknownConversation
from app.core.chat.presets import ChosenPreset, Preset, PresetFileInvalid, PresetNameTaken, Reasoning, UnknownPreset
from app.core.engine.sampling import Sampling
from app.core.file_errors import FileUnreadable
from app.storage.branches import BranchStore
from app.storage.conversations import ConversationStore
from app.storage.database import Database
from app.storage.folders import FolderStore, UnknownFolder
from app.storage.preset_file import builtin_presets, format_presets, parse_presets, read_presets, write_presets
from app.storage.presets import PresetStore
from tests.storage.filling import create

RICH = Preset(
    name="Rich",
    description="Everything “at once”",
    system='One line\n\n"""quoted""" \\ and {{language}}\n',
    sampling=Sampling(temperature=0.1, stop=("###", "\n\n"), logit_bias={5: -1.5}, seed=3, max_tokens=9),
    template="chatml",
    reasoning=Reasoning.OFF,
    context_limit=4096,
)


@pytest.fixture
def presets(database: Database) -> PresetStore:
    return PresetStore(database)


def names(presets: PresetStore) -> list[str]:
    return [one.preset.name for one in presets.list()]


def test_the_built_in_ones_are_there_at_first_and_can_be_changed(presets: PresetStore, database: Database) -> None:
    wanted = ["General", "Coding", "Writing", "Translate", "Tutor", "Concise", "Careful"]
    assert names(presets) == wanted
    coding = presets.named("coding")
    presets.change(coding.id, Preset(name="Code", system="Mine."))
    assert names(PresetStore(database)) == ["General", "Code", *wanted[2:]]


def test_a_deleted_built_in_one_stays_away_until_it_is_wanted_back(presets: PresetStore, database: Database) -> None:
    presets.delete(presets.named("Tutor").id)
    assert "Tutor" not in names(PresetStore(database))
    presets.restore_builtins()
    assert names(presets)[-1] == "Tutor"


def test_a_name_is_there_once(presets: PresetStore) -> None:
    made = presets.add(Preset(name="Mine"))
    with pytest.raises(PresetNameTaken):
        presets.add(Preset(name="mINE"))
    with pytest.raises(PresetNameTaken):
        presets.change(made.id, Preset(name="GENERAL"))
    assert presets.change(made.id, Preset(name="MINE")).preset.name == "MINE"


def test_duplicate_stands_after_its_original(presets: PresetStore) -> None:
    presets.duplicate(presets.named("General").id)
    copy = presets.duplicate(presets.named("General").id)
    assert copy.preset.name == "General 3"
    assert names(presets)[:3] == ["General", "General 3", "General 2"]
    assert copy.builtin == ""


def test_order_is_the_users(presets: PresetStore) -> None:
    last = presets.list()[-1].id
    presets.arrange([last])
    assert names(presets)[:2] == ["Careful", "General"]


def test_what_is_gone_is_said(presets: PresetStore) -> None:
    made = presets.add(Preset(name="Mine"))
    presets.delete(made.id)
    with pytest.raises(UnknownPreset):
        presets.change(made.id, made.preset)
    with pytest.raises(UnknownPreset):
        presets.duplicate(made.id)
    with pytest.raises(UnknownPreset):
        presets.named("Mine")


def test_a_conversation_keeps_a_deleted_preset(presets: PresetStore, store: ConversationStore) -> None:
    made = presets.add(RICH)
    conversation = create(store)
    chosen = ChosenPreset(preset=made.preset, values={"language": "Latin"}, system="filled")
    presets.set_for_conversation(conversation.id, chosen)
    presets.delete(made.id)
    assert presets.of_conversation(conversation.id) == chosen
    presets.set_for_conversation(conversation.id, None)
    assert presets.of_conversation(conversation.id) is None
    with pytest.raises(UnknownConversation):
        presets.set_for_conversation(99, chosen)


def test_a_folder_has_a_preset_until_that_is_deleted(presets: PresetStore, database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("INSERT INTO folders (id, name, position) VALUES (1, 'Study', 0)")
    made = presets.add(Preset(name="Mine"))
    presets.set_for_folder(1, made.id)
    assert presets.of_folders() == {1: made.id}
    with pytest.raises(UnknownFolder):
        presets.set_for_folder(99, made.id)
    presets.delete(made.id)
    assert presets.of_folders() == {}
    presets.set_for_folder(1, presets.named("Tutor").id)
    presets.delete(presets.named("Tutor").id)
    assert presets.of_folders() == {}


def test_a_file_is_read_back_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    write_presets(file, [RICH, Preset(name="Plain")])
    assert read_presets(file) == [RICH, Preset(name="Plain")]
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_comes_in_once(presets: PresetStore) -> None:
    incoming = [RICH, Preset(name="General", system="Other."), *builtin_presets().values()]
    assert [one.preset.name for one in presets.add_all(incoming)] == ["Rich", "General 2"]
    assert [one.preset.name for one in presets.add_all(incoming)] == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "line 1"),
        ('format = "other"', "format"),
        ('format = "parley-presets"\nversion = 2', "version"),
        ('format = "parley-presets"\nversion = 1\npreset = 3', "list"),
        ('format = "parley-presets"\nversion = 1\n[[preset]]', "name"),
        ('format = "parley-presets"\nversion = 1\n[[preset]]\nname = "  "', "name"),
        ('format = "parley-presets"\nversion = 1\n[[preset]]\nname = "a"\ncolour = 1', "colour"),
        ('format = "parley-presets"\nversion = 1\n[[preset]]\nname = "a"\ntemplate = "no"', "template"),
        ('format = "parley-presets"\nversion = 1\n[[preset]]\nname = "a"\n[preset.sampling]\ntop_p = 2', "sampling"),
        ("a = " + "[" * 5000, "line 1"),
    ],
)
def test_what_is_no_file_of_presets_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text)
    with pytest.raises(PresetFileInvalid) as caught:
        read_presets(file)
    assert caught.value.values["file"] == "bad.toml"
    assert reason in caught.value.sentence or reason == "line 1"


def test_broken_text_and_missing_files_are_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(PresetFileInvalid):
        read_presets(file)
    with pytest.raises(FileUnreadable):
        read_presets(tmp_path / "none.toml")


def test_built_in_files_are_in_the_form_that_is_written() -> None:
    presets = list(builtin_presets().values())
    assert parse_presets(format_presets(presets)) == presets
    assert all(msgspec.json.decode(msgspec.json.encode(one), type=Preset) == one for one in presets)


def test_a_copy_of_a_conversation_keeps_its_preset(presets: PresetStore, database: Database) -> None:
    conversation = create(ConversationStore(database), "One")
    chosen = ChosenPreset(preset=RICH)
    presets.set_for_conversation(conversation.id, chosen)
    copy = BranchStore(database).duplicate(conversation.id)
    assert presets.of_conversation(copy.id) == chosen


def test_a_folder_that_comes_back_has_its_preset(presets: PresetStore, database: Database) -> None:
    folders = FolderStore(database)
    folder = folders.create("Work")
    coding = presets.named("Coding")
    presets.set_for_folder(folder.id, coding.id)
    folders.restore(folders.delete(folder.id))
    assert presets.of_folders() == {folder.id: coding.id}
    presets.set_for_folder(folder.id, presets.add(RICH).id)
    deleted = folders.delete(folder.id)
    presets.delete(presets.named("Rich").id)
    folders.restore(deleted)
    assert presets.of_folders() == {}
