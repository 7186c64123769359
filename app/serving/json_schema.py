"""From a JSON schema to the grammar under which a model can write nothing else. Pure.

The grammar is llama.cpp's. It may allow less than the schema: an object's parts come in the order in which the schema
names them, and no others; white space is little, of which a model might else write without end. What no grammar can
hold to is refused where the request is strict, and passed over where it is not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import unquote

import msgspec

from app.serving.errors import ApiError
from app.serving.json_numbers import integers, numbers
from app.serving.json_rules import JSON

Schema = Mapping[str, object]

_MOST_TIMES = 1000
"""llama.cpp repeats a part of a grammar hardly more often."""

_BEYOND_GRAMMARS = {
    "pattern", "multipleOf", "uniqueItems", "not", "if", "dependentRequired", "dependentSchemas", "patternProperties",
    "propertyNames", "contains", "minProperties", "maxProperties",
}  # fmt: skip
_SHAPES = {
    "properties", "required", "additionalProperties", "items", "prefixItems", "minItems", "maxItems", "minLength",
    "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
}  # fmt: skip
_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
_FORMATS = ("date", "time", "date-time", "uuid")


def grammar_of(schema: object, *, strict: bool) -> str:
    """What fits a schema.

    Raises:
        ApiError: no grammar can say what it asks for, or it is no schema.
    """
    rules = _Rules(schema, strict=strict)
    try:
        return f"root ::= {rules.of(schema)}\n{rules.text}\n{JSON}"
    except RecursionError:
        raise _refused("it is nested too deeply") from None


class _Rules:
    """The rules of a grammar while it is made; each part of a schema becomes an expression of them."""

    def __init__(self, whole: object, *, strict: bool) -> None:
        self._whole = whole
        self._strict = strict
        self._rules: dict[str, str] = {}
        self._referred: dict[str, str] = {"#": "root"}

    @property
    def text(self) -> str:
        """All of them."""
        return "\n".join(f"{name} ::= {rule}" for name, rule in self._rules.items())

    def of(self, schema: object) -> str:
        """What fits a part of the schema."""
        if schema is True:
            return "value"
        if not isinstance(schema, dict):
            raise _refused(f"a part of it is {_shown(schema)}")
        for keyword in sorted(_BEYOND_GRAMMARS & schema.keys()):
            self._pass_over(keyword)
        if "const" in schema:
            return _literal(schema["const"])
        if "enum" in schema:
            return _one_of([_literal(value) for value in _list(schema, "enum")])
        for keyword, of in self._choices.items():
            if keyword in schema:
                if both := sorted(_SHAPES & schema.keys()):
                    raise _refused(f"“{keyword}” and “{both[0]}” stand together")
                return of(schema)
        return self._typed(schema)

    @property
    def _choices(self) -> dict[str, Callable[[Schema], str]]:
        return {
            "$ref": self._reference,
            "anyOf": lambda schema: _one_of([self.of(one) for one in _list(schema, "anyOf")]),
            "oneOf": lambda schema: _one_of([self.of(one) for one in _list(schema, "oneOf")]),
            "allOf": self._all,
        }

    def _all(self, schema: Schema) -> str:
        parts = _list(schema, "allOf")
        if len(parts) > 1:
            raise _refused("“allOf” has several parts")
        return self.of(parts[0])

    def _reference(self, schema: Schema) -> str:
        """A rule for what is referred to, which may be within itself."""
        pointer = schema["$ref"]
        if not isinstance(pointer, str):
            raise _refused("“$ref” is not a text")
        if pointer not in self._referred:
            found = self._found(pointer)
            name = self._referred[pointer] = self._named("")
            self._rules[name] = self.of(found)
        return self._referred[pointer]

    def _found(self, pointer: str) -> object:
        start, *keys = pointer.split("/")
        found = self._whole if start == "#" else None
        for key in keys:
            name = unquote(key).replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, dict) else None
        if found is None:
            raise _refused(f"“$ref” leads nowhere: {_shown(pointer)}")
        return found

    def _typed(self, schema: Schema) -> str:
        kind = schema.get("type", _implied(schema))
        if isinstance(kind, list) and kind:
            return _one_of([self._typed({**schema, "type": one}) for one in _each_once(kind)])
        match kind:
            case None:
                return "value"
            case "object":
                return self._object(schema)
            case "array":
                return self._array(schema)
            case "string":
                return _string(schema)
            case "number" | "integer":
                return self._number(schema, whole=kind == "integer")
            case "boolean" | "null":
                return str(kind)
        raise _refused(f"its type {_shown(kind)} is not one of {', '.join(_TYPES)}")

    def _object(self, schema: Schema) -> str:
        needed = schema.get("required", [])
        properties = schema.get("properties", {})
        if not isinstance(properties, dict):
            raise _refused("“properties” is not an object")
        if not isinstance(needed, list) or not all(isinstance(name, str) for name in needed):
            raise _refused("“required” is not a list of names")
        properties = {**properties, **{name: True for name in needed if name not in properties}}
        if not properties:
            return self._map(schema.get("additionalProperties", True))
        always, rest, beginnings = set(needed), "", list[str]()
        for name, inner in reversed(properties.items()):
            pair = self._named(f'{_literal(name)} ":" gap {self.of(inner)} gap')
            is_needed = name in always
            beginnings = [f"{pair} {rest}", *([] if is_needed else beginnings)]
            rest = self._named(f'"," gap {pair} {rest}' if is_needed else f'("," gap {pair})? {rest}')
        return self._named(f'"{{" gap ({" | ".join(beginnings)}){"" if needed else "?"} "}}"')

    def _map(self, inner: object) -> str:
        """An object of any names."""
        if inner is True:
            return "object"
        if inner is False:
            return '"{" gap "}"'
        pair = self._named(f'string ":" gap {self.of(inner)} gap')
        return f'"{{" gap ({pair} ("," gap {pair})*)? "}}"'

    def _array(self, schema: Schema) -> str:
        least, most = _times(schema, "minItems", "maxItems")
        if "prefixItems" in schema:
            return self._tuple([self.of(one) for one in _list(schema, "prefixItems")], least, most)
        if most == 0:
            return '"[" gap "]"'
        item = self._named(f"{self.of(schema.get('items', True))} gap")
        more = "" if most == 1 else f' ("," gap {item}){_repeated(max(least - 1, 0), most and most - 1)}'
        return f'"[" gap ({item}{more}){"" if least else "?"} "]"'

    def _tuple(self, items: list[str], least: int, most: int | None) -> str:
        if least > len(items):
            raise _refused(f"“minItems” is {least}, but “prefixItems” has {len(items)}")
        between = ' gap "," gap '
        return f'"[" gap {between.join(items[:most])} gap "]"'

    def _number(self, schema: Schema, *, whole: bool) -> str:
        try:
            low, high = _bounds(schema, whole=whole)
        except ValueError as error:
            self._pass_over(str(error))
            low = high = None
        if low is None and high is None:
            return "integer" if whole else "number"
        try:
            return integers(low, high) if whole else numbers(low, high)
        except ValueError:
            raise _refused("no number lies within its bounds") from None

    def _pass_over(self, keyword: str) -> None:
        if self._strict:
            raise _refused(f"“{keyword}” cannot be held to; leave it out, or set “strict” to false")

    def _named(self, rule: str) -> str:
        name = f"part-{len(self._rules)}"
        self._rules[name] = rule
        return name


def _each_once(kinds: Sequence[object]) -> list[str]:
    """Types by name; one that is named again would be written again, and so would all that is in it."""
    if not all(isinstance(kind, str) for kind in kinds):
        raise _refused(f"its type {_shown(kinds)} is not a list of names")
    return list(dict.fromkeys(map(str, kinds)))


def _implied(schema: Schema) -> str | None:
    """The type of a schema that does not say it."""
    if {"properties", "required", "additionalProperties"} & schema.keys():
        return "object"
    return "array" if {"items", "prefixItems"} & schema.keys() else None


def _string(schema: Schema) -> str:
    kind = schema.get("format")
    if kind in _FORMATS:
        return str(kind)
    least, most = _times(schema, "minLength", "maxLength")
    return f'"\\"" character{_repeated(least, most)} "\\""' if least or most is not None else "string"


def _bounds(schema: Schema, *, whole: bool) -> tuple[int | None, int | None]:
    """The least and the largest number.

    Raises:
        ValueError: no grammar can hold to one, which is named.
    """
    found: dict[str, int | None] = {}
    for keyword, towards in (("minimum", math.ceil), ("maximum", math.floor)):
        bound = schema.get(keyword)
        if isinstance(bound, int | float) and (whole or bound == int(bound)):
            found[keyword] = towards(bound)
        elif bound is not None:
            raise ValueError(keyword)
    for keyword, other, beyond in (("exclusiveMinimum", "minimum", 1), ("exclusiveMaximum", "maximum", -1)):
        bound = schema.get(keyword)
        if bound is None:
            continue
        if not (whole and isinstance(bound, int | float)):
            raise ValueError(keyword)
        inner = (math.floor(bound) if beyond > 0 else math.ceil(bound)) + beyond
        known = found.get(other)
        found[other] = inner if known is None else max(inner * beyond, known * beyond) * beyond
    return found.get("minimum"), found.get("maximum")


def _times(schema: Schema, least: str, most: str) -> tuple[int, int | None]:
    """How often something may stand."""
    low, high = schema.get(least, 0), schema.get(most)
    if not isinstance(low, int) or not 0 <= low <= _MOST_TIMES:
        raise _refused(f"“{least}” is not a number from 0 to {_MOST_TIMES}")
    if high is None:
        return low, None
    if not isinstance(high, int) or high < low:
        raise _refused(f"“{most}” is not a number from “{least}” on")
    return low, min(high, _MOST_TIMES)


def _repeated(least: int, most: int | None) -> str:
    return f"{{{least},{'' if most is None else most}}}"


def _list(schema: Schema, keyword: str) -> Sequence[object]:
    found = schema[keyword]
    if not isinstance(found, list) or not found:
        raise _refused(f"“{keyword}” is not a list of something")
    return found


def _literal(value: object) -> str:
    """A value as nothing but itself, in JSON, in a grammar."""
    written = msgspec.json.encode(value).decode()
    return '"' + written.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _one_of(options: Sequence[str]) -> str:
    return options[0] if len(options) == 1 else f"({' | '.join(options)})"


def _shown(value: object) -> str:
    return msgspec.json.encode(value).decode()[:60]


def _refused(reason: str) -> ApiError:
    message = f"The schema cannot be followed: {reason}."
    return ApiError(400, message, param="response_format", code="unsupported_parameter")
