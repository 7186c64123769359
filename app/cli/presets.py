"""`parley presets`: named manners of answering, as the window has them too."""

from __future__ import annotations

import argparse
import sys
from functools import partial

import msgspec

from app.cli.invocation import CommandTable, Invocation
from app.cli.options import Manner, given_sampling
from app.core.chat.presets import ChosenPreset, Preset, StoredPreset
from app.storage.lane import Lane
from app.storage.preset_file import format_presets, read_presets, write_presets
from app.storage.stores import Stores

_FIELDS = ("description", "template", "reasoning", "context_limit")
_DEFAULT = "chat.default_preset"


def chosen_preset(lane: Lane, manner: Manner) -> ChosenPreset:
    """The preset that was asked for, with the values for its variables.

    Raises:
        UnknownPreset: there is none of this name.
    """
    found = lane.submit(lambda stores: stores.presets.named(manner.preset)).result()
    return ChosenPreset(preset=found.preset, values=dict(manner.values))


def show_list(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Every preset, in the user's order; a star marks the one of new chats."""
    with invocation.storage() as lane:
        found = lane.submit(lambda stores: stores.presets.list()).result()
    default = str(invocation.settings.get(_DEFAULT)).casefold()
    for stored in found:
        preset, is_default = stored.preset, stored.preset.name.casefold() == default
        if arguments.json:
            invocation.terminal.record({**_described(stored), "default": is_default})
        else:
            invocation.terminal.line(f"{'*' if is_default else ' '} {preset.name:<20} {preset.description}".rstrip())
    return 0


def show(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """One preset."""
    return _tell(arguments, invocation, _named(arguments.name, invocation))


def new(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Make a preset."""
    preset = _changed(Preset(name=""), arguments)
    with invocation.storage() as lane:
        return _tell(arguments, invocation, lane.submit(lambda stores: stores.presets.add(preset)).result())


def edit(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Change what was named; the default for new chats follows a new name."""
    old = _named(arguments.name, invocation)
    preset = _changed(old.preset, arguments)
    with invocation.storage() as lane:
        stored = lane.submit(lambda stores: stores.presets.change(old.id, preset)).result()
    if str(invocation.settings.get(_DEFAULT)).casefold() == old.preset.name.casefold() != preset.name.casefold():
        invocation.settings.set(_DEFAULT, preset.name)
    return _tell(arguments, invocation, stored)


def delete(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Take presets off the list."""
    for stored in [_named(name, invocation) for name in arguments.name]:
        with invocation.storage() as lane:
            left = lane.submit(partial(_delete, stored.id)).result()
        if left and str(invocation.settings.get(_DEFAULT)).casefold() == stored.preset.name.casefold():
            invocation.settings.set(_DEFAULT, left[0].preset.name)
            invocation.terminal.note(f"New chats begin with “{left[0].preset.name}” now.")
        if arguments.json:
            invocation.terminal.record({"deleted": stored.preset.name})
    return 0


def duplicate(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Make a copy and print its name."""
    stored = _named(arguments.name, invocation)
    with invocation.storage() as lane:
        copy = lane.submit(lambda stores: stores.presets.duplicate(stored.id)).result()
    if arguments.json:
        invocation.terminal.record(_described(copy))
    else:
        invocation.terminal.line(copy.preset.name)
    return 0


def make_default(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Begin new chats with a preset, everywhere or in one folder."""
    stored = _named(arguments.name, invocation)
    if arguments.folder is None:
        invocation.settings.set(_DEFAULT, stored.preset.name)
    else:
        with invocation.storage() as lane:
            lane.submit(lambda stores: stores.presets.set_for_folder(arguments.folder, stored.id)).result()
    if arguments.json:
        invocation.terminal.record({**_described(stored), "default": True})
    return 0


def arrange(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Put presets first."""
    order = [_named(name, invocation).id for name in arguments.names]
    with invocation.storage() as lane:
        lane.submit(lambda stores: stores.presets.arrange(order)).result()
    return 0


def export(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Write presets into one readable file."""
    if arguments.names:
        presets = [_named(name, invocation).preset for name in arguments.names]
    else:
        with invocation.storage() as lane:
            presets = [one.preset for one in lane.submit(lambda stores: stores.presets.list()).result()]
    if str(arguments.file) == "-":
        invocation.terminal.write(format_presets(presets))
        return 0
    write_presets(arguments.file, presets)
    return 0


def bring_in(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Add the presets of a file, and say which."""
    presets = read_presets(arguments.file)
    with invocation.storage() as lane:
        added = lane.submit(lambda stores: stores.presets.add_all(presets)).result()
    for stored in added:
        if arguments.json:
            invocation.terminal.record(_described(stored))
        else:
            invocation.terminal.line(stored.preset.name)
    if not added and not arguments.json:
        invocation.terminal.note("Every preset of this file is there already.")
    return 0


def restore(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Bring back deleted presets that ship with Parley."""
    with invocation.storage() as lane:
        lane.submit(lambda stores: stores.presets.restore_builtins()).result()
    return show_list(arguments, invocation)


def _delete(preset_id: int, stores: Stores) -> list[StoredPreset]:
    """Delete one; those that are left."""
    stores.presets.delete(preset_id)
    return stores.presets.list()


def _named(name: str, invocation: Invocation) -> StoredPreset:
    with invocation.storage() as lane:
        return lane.submit(lambda stores: stores.presets.named(name)).result()


def _changed(preset: Preset, arguments: argparse.Namespace) -> Preset:
    """The preset with what was given on the command line."""
    fields = msgspec.to_builtins(preset)
    fields |= {name: getattr(arguments, name) for name in _FIELDS if getattr(arguments, name) is not None}
    if arguments.rename is not None:
        fields["name"] = arguments.rename
    if arguments.system is not None:
        text = sys.stdin.buffer.read().decode("utf-8", "replace") if arguments.system == "-" else arguments.system
        fields["system"] = text.removesuffix("\n")
    fields["sampling"] = {**msgspec.to_builtins(preset.sampling), **given_sampling(arguments)}
    return Preset.checked(fields)


def _tell(arguments: argparse.Namespace, invocation: Invocation, stored: StoredPreset) -> int:
    if arguments.json:
        invocation.terminal.record(_described(stored))
    else:
        invocation.terminal.write(format_presets([stored.preset]))
    return 0


def _described(stored: StoredPreset) -> dict[str, object]:
    described: dict[str, object] = msgspec.to_builtins(stored.preset)
    return {**described, "builtin": stored.builtin}


COMMANDS: CommandTable = {
    "presets list": show_list,
    "presets show": show,
    "presets new": new,
    "presets edit": edit,
    "presets delete": delete,
    "presets duplicate": duplicate,
    "presets default": make_default,
    "presets arrange": arrange,
    "presets export": export,
    "presets import": bring_in,
    "presets restore": restore,
}
