"""The grammar of a JSON schema, read by llama.cpp itself: what fits may be written, and nothing else."""

from __future__ import annotations

import ctypes
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from llama_cpp import llama_cpp as llama

from app.engines.llama import native
from app.engines.llama.vocabulary import Vocabulary
from app.serving.errors import ApiError
from app.serving.json_numbers import integers, numbers
from app.serving.json_rules import ANY_OBJECT
from app.serving.json_schema import grammar_of

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
TREE = {
    "$defs": {"node": {"type": "object", "properties": {"value": {"type": "integer"}, "under": {"type": "array",
              "items": {"$ref": "#/$defs/node"}}}, "required": ["value", "under"]}},
    "$ref": "#/$defs/node",
}  # fmt: skip
POINT = {
    "type": "object",
    "properties": {"x": {"type": "number"}, "y": {"type": "number"}, "name": {"type": ["string", "null"]}},
    "required": ["y"],
    "additionalProperties": False,
}


class Reader:
    """Reads texts under a grammar, as the engine's sampler does."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._tokens = {vocabulary.written(token): token for token in range(vocabulary.size)}

    def may_write(self, grammar: str, text: str) -> bool:
        """Whether a reply may be just that."""
        sampler = llama.llama_sampler_init_grammar(self._vocabulary.pointer, grammar.encode(), b"root")
        assert sampler, grammar
        try:
            tokens = [self._tokens[bytes([byte])] for byte in text.encode()]
            return all(self._goes_on(sampler, token) for token in [*tokens, min(self._vocabulary.ends)])
        finally:
            llama.llama_sampler_free(sampler)

    def _goes_on(self, sampler: llama.llama_sampler_p, token: int) -> bool:
        candidate = np.array([(token, 1.0, 0.0)], _CANDIDATE)
        data = candidate.ctypes.data_as(llama.llama_token_data_p)
        llama.llama_sampler_apply(sampler, ctypes.byref(llama.llama_token_data_array(data, 1, -1, False)))
        if math.isinf(candidate[0]["logit"]):
            return False
        llama.llama_sampler_accept(sampler, token)
        return True


@pytest.fixture(scope="module")
def reader(tiny_gguf: Path) -> Iterator[Reader]:
    log = native.NativeLog()
    native.start(log)
    options = llama.llama_model_default_params()
    options.vocab_only = True
    model = llama.llama_model_load_from_file(str(tiny_gguf).encode(), options)
    assert model
    yield Reader(Vocabulary(model))
    llama.llama_model_free(model)


@pytest.mark.parametrize(
    ("schema", "fitting", "unfit"),
    [
        (True, ["4", '{"a": [1, null]}', '"x"'], ["", "four", "{'a': 1}"]),
        ({}, ["true"], []),
        ({"type": "boolean"}, ["true", "false"], ["null", '"true"', "1"]),
        ({"type": "null"}, ["null"], ["0"]),
        ({"type": "integer"}, ["0", "-12"], ["1.5", "01", "-"]),
        ({"type": "number"}, ["0", "-1.5e-7"], [".5", "NaN"]),
        ({"type": "integer", "minimum": 0, "maximum": 12}, ["0", "9", "12"], ["-1", "13", "00"]),
        ({"type": "integer", "exclusiveMinimum": 0, "minimum": -4}, ["1", "77"], ["0", "-1"]),
        ({"type": "number", "minimum": 0, "maximum": 1}, ["0", "0.25", "1", "1.0"], ["-0.1", "1.01", "2"]),
        ({"type": "string"}, ['""', '"é\\n\\u00e9\\uD7FF"'], ['"\n"', '"', "x", '"\\ud83d\\ude00"']),
        ({"type": "string", "minLength": 2, "maxLength": 3}, ['"ab"', '"aé\\n"'], ['"a"', '"abcd"']),
        ({"type": "string", "maxLength": 9**9}, ['"ab"'], []),
        ({"type": "string", "format": "date"}, ['"2024-02-28"', '"2024-12-31"'], ['"2024-02-30"', '"2024-04-31"']),
        ({"type": "string", "format": "date-time"}, ['"2024-02-28T23:59:00.5Z"'], ['"2024-02-28"']),
        ({"type": "string", "format": "uuid"}, ['"01234567-89ab-cdef-0123-456789abcdef"'], ['"0123"']),
        ({"type": "string", "format": "email"}, ['"whatever"'], []),
        ({"enum": ["a\"b\\", 1, None]}, ['"a\\"b\\\\"', "1", "null"], ['"a"', "2"]),
        ({"const": {"a": ["é"]}}, ['{"a":["é"]}'], ["{}"]),
        ({"type": ["integer", "null"]}, ["3", "null"], ['"3"']),
        ({"anyOf": [{"type": "null"}, {"type": "string"}], "title": "Name"}, ["null", '"x"'], ["1"]),
        ({"allOf": [{"type": "null"}]}, ["null"], ["1"]),
        ({"type": "array", "items": {"type": "integer"}}, ["[]", "[1, 2]", "[\n 1]"], ['["a"]', "[1,]"]),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 3}, ["[1,2]", "[1,2,3]"],
         ["[]", "[1]", "[1,2,3,4]"]),
        ({"type": "array", "maxItems": 1}, ["[]", "[1]"], ["[1,2]"]),
        ({"type": "array", "maxItems": 0}, ["[]"], ["[1]"]),
        ({"prefixItems": [{"type": "string"}, {"type": "integer"}], "minItems": 2, "maxItems": 2}, ['["a", 1]'],
         ["[]", '["a"]', '["a", 1, 2]']),
        (POINT, ['{"y": 1}', '{"x": 0, "y": 1}', '{"y": 1, "name": null}', '{"x":1,"y":2,"name":"p"}'],
         ["{}", '{"x": 1}', '{"y": 1, "z": 2}', '{"y": 1, "y": 2}', '{"x": 1 "y": 2}']),
        ({"properties": {"a": {"type": "null"}, "b": {"type": "null"}}},
         ["{}", '{"a": null}', '{"b": null}', '{"a": null, "b": null}'], ['{"a": null,}', '{, "b": null}']),
        ({"type": "object", "required": ["a"]}, ['{"a": [4]}'], ["{}"]),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, ["{}", '{"a": 1, "b": 2}'], ['{"a": "b"}']),
        ({"type": "object", "additionalProperties": False}, ["{}"], ['{"a": 1}']),
        ({"type": "object"}, ["{}", '{"a": {"b": "c"}}'], ["[]"]),
        (TREE, ['{"value": 1, "under": [{"value": 2, "under": []}]}'], ['{"value": 1, "under": [2]}']),
        ({"properties": {"more": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}, "required": ["more"]},
         ['{"more": {"more": null}}'], ['{"more": 1}']),
    ],
    ids=lambda value: json.dumps(value)[:60],
)  # fmt: skip
def test_what_fits_a_schema_may_be_written_and_nothing_else(
    reader: Reader, schema: Any, fitting: list[str], unfit: list[str]
) -> None:
    grammar = grammar_of(schema, strict=True)
    assert [text for text in fitting if not reader.may_write(grammar, text)] == []
    assert [text for text in unfit if reader.may_write(grammar, text)] == []


def test_any_object(reader: Reader) -> None:
    assert reader.may_write(ANY_OBJECT, '{"a": [1, {"b": -1.5e3}, "\\u00e9"], "c": null}')
    assert not reader.may_write(ANY_OBJECT, "[]")


@pytest.mark.parametrize(
    ("schema", "named"),
    [
        (False, "false"),
        (None, "null"),
        (4, "4"),
        ({"type": "text"}, "text"),
        ({"type": {}}, "{}"),
        ({"type": ["object", ["array"]]}, "array"),
        ({"type": "string", "pattern": "^a"}, "pattern"),
        ({"type": "array", "uniqueItems": True}, "uniqueItems"),
        ({"type": "number", "minimum": 0.5}, "minimum"),
        ({"type": "number", "exclusiveMinimum": 0}, "exclusiveMinimum"),
        ({"type": "integer", "minimum": 3, "maximum": 2}, "bounds"),
        ({"type": "integer", "minimum": "3"}, "minimum"),
        ({"type": "string", "minLength": 5000}, "minLength"),
        ({"type": "string", "minLength": 5, "maxLength": 4}, "maxLength"),
        ({"$ref": "#/$defs/none"}, "$defs/none"),
        ({"$ref": "https://example.org/schema"}, "example.org"),
        ({"$ref": 4}, "$ref"),
        ({"allOf": [{}, {}]}, "allOf"),
        ({"anyOf": []}, "anyOf"),
        ({"enum": 4}, "enum"),
        ({"anyOf": [{"required": ["a"]}], "properties": {}}, "anyOf"),
        ({"properties": []}, "properties"),
        ({"required": [[]]}, "required"),
        ({"prefixItems": [{}], "minItems": 2}, "minItems"),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_what_no_grammar_can_hold_to_is_named(schema: Any, named: str) -> None:
    with pytest.raises(ApiError) as caught:
        grammar_of(schema, strict=True)
    assert (caught.value.status, caught.value.param) == (400, "response_format")
    assert named in caught.value.message and caught.value.message.endswith(".")


def test_a_type_that_is_named_twice_is_written_once() -> None:
    schema: dict[str, Any] = {"type": "integer"}
    for _ in range(14):
        schema = {"type": ["object", "object"], "properties": {"a": schema}, "required": ["a"]}
    assert len(grammar_of(schema, strict=True)) < 10_000


def test_a_schema_without_end_is_refused() -> None:
    schema: Any = {}
    for _ in range(5000):
        schema = {"items": schema}
    with pytest.raises(ApiError):
        grammar_of(schema, strict=True)


@pytest.mark.parametrize(
    "schema", [{"type": "string", "pattern": "^a"}, {"type": "number", "minimum": 0.5}, {"type": "array", "if": {}}]
)
def test_what_is_not_strict_is_held_to_as_far_as_can_be(schema: Any) -> None:
    assert grammar_of(schema, strict=False)


@pytest.mark.parametrize(("low", "high"), [(0, 0), (7, 7), (3, 12), (-5, 5), (-120, -17), (98, 1203), (0, 999)])
def test_whole_numbers_between_bounds(low: int, high: int) -> None:
    pattern = re.compile(re.sub('[" ]', "", integers(low, high)))
    found = [number for number in range(-2000, 2001) if pattern.fullmatch(str(number))]
    assert found == list(range(low, high + 1))


@pytest.mark.parametrize(("low", "high"), [(None, 12), (-3, None), (None, None), (None, -4), (105, None)])
def test_whole_numbers_beyond_a_bound(low: int | None, high: int | None) -> None:
    pattern = re.compile(re.sub('[" ]', "", integers(low, high)))
    tried = [*range(-2000, 2001), -(10**15), 10**15]
    wanted = [n for n in tried if (low is None or n >= low) and (high is None or n <= high)]
    assert [number for number in tried if pattern.fullmatch(str(number))] == wanted


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-2, 3), (-9, -4), (10, 10), (None, 4), (-1, None)])
def test_numbers_between_bounds(low: int | None, high: int | None) -> None:
    pattern = re.compile(re.sub('[" ]', "", numbers(low, high)).replace(".", r"\.").replace(r"\.{", ".{"))
    tried = [f"{number / 8:.3f}" for number in range(-200, 201) if number] + ["0", "0.0", "10"]
    wanted = [text for text in tried if (low is None or float(text) >= low) and (high is None or float(text) <= high)]
    assert [text for text in tried if pattern.fullmatch(text)] == wanted
