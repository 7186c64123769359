"""The settings, each declared once: its validation, its page and its command line follow from here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.core.errors import UserError
from app.core.language import said_of_settings
from app.core.program.setting import Effect, Form, Page, Setting, SettingValue, Unit
from app.core.program.setting_errors import InvalidOption
from app.core.program.updates import update_source

__all__ = ["SETTINGS", "Setting", "SettingValue", "ShortcutTaken", "check_conflict", "setting_of"]


class ShortcutTaken(UserError):
    """Two actions cannot share one shortcut."""

    text = "{keys} is already the shortcut for “{other}”."
    advice = "Choose other keys, or give that one another shortcut first."


def _shortcut(name: str, keys: str, title: str) -> Setting:
    return Setting(key=f"shortcuts.{name}", default=keys, title=title, page=Page.SHORTCUTS, form=Form.KEYS)


_APPEARANCE = (
    Setting(
        key="appearance.theme",
        default="system",
        choices=(("system", "Like the system"), ("light", "Light"), ("dark", "Dark")),
        title="Theme",
        help="Follow the system, or always use one.",
        page=Page.APPEARANCE,
    ),
    Setting(
        key="appearance.text_size",
        default=100,
        minimum=80,
        maximum=200,
        title="Text size",
        help="Of everything in the window, compared with the system's.",
        page=Page.APPEARANCE,
        unit=Unit.PERCENT,
    ),
    Setting(
        key="appearance.density",
        default="comfortable",
        choices=(("comfortable", "Comfortable"), ("compact", "Compact")),
        title="Density",
        help="How much room buttons, fields and menus take.",
        page=Page.APPEARANCE,
    ),
    Setting(
        key="appearance.reduced_motion",
        default=False,
        title="Reduce motion",
        help="The text cursor does not blink, and menus and hints appear without sliding or fading.",
        page=Page.APPEARANCE,
    ),
    Setting(
        key="appearance.language",
        default="system",
        choices=(("system", "Like the system"), ("en", "English"), ("de", "Deutsch"), ("zh_CN", "简体中文")),
        title="Language",
        page=Page.APPEARANCE,
        effect=Effect.NEXT_START,
    ),
)

_BEHAVIOUR = (
    Setting(
        key="chat.send_with",
        default="enter",
        choices=(("enter", "Enter"), ("ctrl+enter", "Ctrl+Enter")),
        title="Send with",
        help="The other one starts a new line.",
        page=Page.BEHAVIOUR,
    ),
    Setting(
        key="chat.default_preset",
        default="General",
        title="Preset of new chats",
        help="How a new chat begins, unless its folder has a preset of its own.",
        page=Page.BEHAVIOUR,
        form=Form.PRESET,
    ),
    Setting(
        key="chat.user_name",
        default="",
        title="Your name",
        help="What {{user}} in a preset becomes. It stays on this machine.",
        page=Page.BEHAVIOUR,
    ),
    Setting(
        key="chat.temporary",
        default=False,
        title="New chats are temporary",
        help="In the window: nothing of them is written to disk. A chat that begins in a folder is kept.",
        page=Page.BEHAVIOUR,
    ),
    Setting(
        key="chat.reopen_last",
        default=False,
        title="Open the last chat at the start",
        help="Otherwise Parley begins with a new one.",
        page=Page.BEHAVIOUR,
    ),
    Setting(
        key="chat.titles",
        default=True,
        title="Titles by the model",
        help="After a first answer the model is asked for a title while it is idle. Otherwise the first words stay.",
        page=Page.BEHAVIOUR,
    ),
    Setting(key="chat.last", default=0, minimum=0, title="Last chat", help="Its number; 0 means none."),
)

_MODELS = (
    Setting(
        key="models.folders",
        default="",
        title="Folders for models",
        help="New models go into the first one. Without any, they go into Parley's own folder.",
        page=Page.MODELS,
        form=Form.FOLDERS,
    ),
    Setting(
        key="models.idle_unload",
        default=0,
        minimum=0,
        maximum=1440,
        title="Free the memory when idle",
        help="Unload the model after so many minutes without a reply; the next message loads it again. 0 means never.",
        page=Page.MODELS,
        unit=Unit.MINUTES,
    ),
    Setting(
        key="models.last_remote",
        default="",
        title="Last model on a server",
        help="The server and, on a second line, the model to begin with; empty if it was one of this machine.",
    ),
)

_NETWORK = (
    Setting(
        key="network.offline",
        default=False,
        title="Work offline",
        help="Parley asks no server for anything: no search, no downloads. Running downloads pause.",
        page=Page.NETWORK,
    ),
    Setting(
        key="network.endpoint",
        default="",
        title="Address of the Hub",
        help="A mirror of huggingface.co, such as https://hub.example.org. Empty means the Hub itself.",
        page=Page.NETWORK,
        form=Form.ADDRESS,
        effect=Effect.NEXT_DOWNLOAD,
    ),
    Setting(
        key="network.proxy",
        default="",
        title="Proxy",
        help="Such as http://name:3128. Empty means the system's. Never used for addresses on this machine.",
        page=Page.NETWORK,
        form=Form.ADDRESS,
        effect=Effect.NEXT_DOWNLOAD,
    ),
    Setting(
        key="network.ca_file",
        default="",
        title="Certificates",
        help="A file in PEM format with authorities to trust besides the system's.",
        page=Page.NETWORK,
        form=Form.FILE,
        effect=Effect.NEXT_DOWNLOAD,
    ),
    Setting(
        key="downloads.limit",
        default=0,
        minimum=0,
        maximum=10**12,
        title="Download speed limit",
        help="Of all downloads together; 0 means none.",
        page=Page.NETWORK,
        unit=Unit.BYTES_PER_SECOND,
    ),
)

_UPDATES = (
    Setting(
        key="updates.check",
        default=False,
        title="Look for newer versions",
        help="Once a day Parley asks the address that came with it. Nothing is sent but the request, which names the "
        "version that runs here; nothing is installed before you say so.",
        page=Page.NETWORK,
        available=update_source() is not None,
    ),
    Setting(key="updates.asked", default=0, minimum=0, title="Last look for a newer version", help="In Unix seconds."),
    Setting(key="updates.told", default="", title="The newer version the user was told of"),
)

_SHORTCUTS = (
    _shortcut("new_chat", "Ctrl+N", "New chat"),
    _shortcut("temporary_chat", "Ctrl+Shift+N", "New temporary chat"),
    _shortcut("undo", "Ctrl+Z", "Take back the last deletion"),
    _shortcut("attach", "Ctrl+Shift+A", "Attach files"),
    _shortcut("retry", "Ctrl+R", "Answer once more"),
    _shortcut("compare", "Ctrl+Shift+D", "Compare models or presets"),
    _shortcut("search", "Ctrl+K", "Search chats"),
    _shortcut("find_model", "Ctrl+L", "Find a model"),
    _shortcut("open_file", "Ctrl+O", "Open a GGUF file"),
    _shortcut("copy_reply", "Ctrl+Shift+C", "Copy the last reply"),
    _shortcut("find", "Ctrl+F", "Find words in the chat"),
    _shortcut("find_next", "F3", "Find the next place"),
    _shortcut("find_previous", "Shift+F3", "Find the place before"),
    _shortcut("zoom_in", "Ctrl++", "Larger text in the chat"),
    _shortcut("zoom_out", "Ctrl+-", "Smaller text in the chat"),
    _shortcut("zoom_reset", "Ctrl+0", "Text in the chat as large as elsewhere"),
    _shortcut("print", "Ctrl+P", "Print the chat"),
    _shortcut("presets", "Ctrl+Shift+P", "Presets"),
    _shortcut("settings", "Ctrl+,", "Settings"),
    _shortcut("help", "F1", "Show the shortcuts"),
    _shortcut("quit", "Ctrl+Q", "Quit"),
)

_WINDOW = (
    Setting(key="window.geometry", default="", title="Window geometry", help="Base64 of Qt's form."),
    Setting(
        key="window.sidebar_width",
        default=264,
        minimum=0,
        maximum=2000,
        title="Sidebar width",
        help="In pixels, independent of the screen's scale.",
    ),
)

SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        setting.key: setting
        for setting in (*_APPEARANCE, *_BEHAVIOUR, *_MODELS, *_NETWORK, *_UPDATES, *_SHORTCUTS, *_WINDOW)
    }
)


def setting_of(key: str) -> Setting:
    """The setting of this key.

    Raises:
        InvalidOption: there is none.
    """
    setting = SETTINGS.get(key)
    if setting is None:
        raise InvalidOption(option=key, value="used", reason="there is no such setting")
    return setting


def check_conflict(key: str, value: SettingValue, values: Mapping[str, SettingValue]) -> None:
    """Refuse keys that are another action's already.

    Raises:
        ShortcutTaken: they are.
    """
    if not value or SETTINGS[key].form is not Form.KEYS:
        return
    for other, setting in SETTINGS.items():
        if other != key and setting.form is Form.KEYS and values.get(other, setting.default) == value:
            raise ShortcutTaken(keys=str(value), other=said_of_settings(setting.title))
