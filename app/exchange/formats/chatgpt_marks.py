"""What stands in ChatGPT's replies between private-use characters, as what it was shown as.

Established from test data and notes of several converters of real exports: a mark is U+E200, a name,
arguments each behind U+E202, and U+E201.  `cite` names sources; `entity` and `product` are lists with
what they are called in the second place, `products` has such lists as `selections`; `url` is a text and
an address; `navlist` and `video` begin with their title; `genui` is an object with the data of one
widget, which for a formula has a name that begins with `math_block_widget`.
`metadata.content_references` has an entry for each mark, `matched_text`, with what it reads as in
`alt`, and with sources as `items`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from app.exchange.fields import Fields, fields_in, items_in, objects_in, text_in

_MARK = re.compile("\ue200([^\ue200\ue201]*)\ue201")
_BETWEEN = "\ue202"
_MAX_REFERENCES = 1000
_ADDRESS = re.compile(r"https?://\S+")


def without_marks(text: str, metadata: Fields) -> str:
    """The text with words and links in place of marks."""
    if "\ue200" not in text:
        return text
    references: dict[str, Fields] = {}
    for reference in objects_in(metadata, "content_references")[:_MAX_REFERENCES]:
        if found := _MARK.search(text_in(reference, "matched_text")):
            references.setdefault(found[0], reference)
    return _MARK.sub(lambda mark: _words(mark[1].split(_BETWEEN), references.get(mark[0], {})), text)


def _words(parts: Sequence[str], reference: Fields) -> str:
    name, arguments = parts[0], [*parts[1:], ""]
    given = _parsed(arguments[0])
    if name == "genui" and (formula := _formula(given)):
        return f"\n\n$$\n{formula}\n$$\n\n"
    if told := text_in(reference, "alt") or _links(reference):
        return told
    match name, given:
        case "url", _:
            return _link(arguments[0], arguments[1])
        case "navlist" | "video", _:
            return arguments[0]
        case "entity" | "product", list():
            return _called(given)
        case "products", dict():
            return ", ".join(filter(None, map(_called, items_in(given, "selections"))))
        case _:
            return ""


def _parsed(argument: str) -> object:
    try:
        return json.loads(argument)
    except (ValueError, RecursionError):
        return None


def _formula(widgets: object) -> str:
    if not isinstance(widgets, dict):
        return ""
    formulas = (
        text_in(fields_in(widgets, name), "content") for name in widgets if name.startswith("math_block_widget")
    )
    return next(formulas, "").strip()


def _called(item: object) -> str:
    return text_in({"name": item[1]}, "name") if isinstance(item, list) and len(item) > 1 else ""


def _links(reference: Fields) -> str:
    items = [*objects_in(reference, "items"), fields_in(reference, "item")]
    links = [_link(text_in(item, "attribution", "title"), url) for item in items if (url := text_in(item, "url"))]
    return f"({', '.join(links)})" if links else ""


def _link(words: str, address: str) -> str:
    if not _ADDRESS.fullmatch(address):
        return words
    return f"[{words.replace('[', '').replace(']', '') or address}]({address.replace('(', '%28').replace(')', '%29')})"
