from __future__ import annotations

import msgspec
import pytest

from app.core.engine.loading import KvType, LoadOptions
from app.core.engine.messages import ModelIdentity
from app.storage.database import Database
from app.storage.models import ModelStore
from tests.storage.conftest import Clock

IDENTITY = ModelIdentity("Tiny", "/models/tiny.gguf", 1234, "llama", "Q4_0")


@pytest.fixture
def models(database: Database) -> ModelStore:
    return ModelStore(database, clock=Clock())


def test_a_file_is_remembered_once(models: ModelStore) -> None:
    first = models.remember(IDENTITY, 5, 4096)
    again = models.remember(IDENTITY, 5, 4096)
    assert again == first
    assert models.list() == [first]
    assert models.by_path(IDENTITY.path) == first
    assert models.by_path("/elsewhere") is None
    assert (first.identity, first.modified_ns, first.context_length) == (IDENTITY, 5, 4096)


def test_what_the_header_says_now_counts(models: ModelStore) -> None:
    first = models.remember(IDENTITY, 5, 4096)
    renamed = msgspec.structs.replace(IDENTITY, name="Other", quantization="Q8_0")
    again = models.remember(renamed, 5, 8192)
    assert (again.id, again.identity, again.context_length) == (first.id, renamed, 8192)
    assert again.added_at == first.added_at


def test_the_last_used_or_added_comes_first(models: ModelStore) -> None:
    first, second, third = (
        models.remember(msgspec.structs.replace(IDENTITY, path=f"/{name}"), 5, 1) for name in ("a", "b", "c")
    )
    assert [model.id for model in models.list()] == [third.id, second.id, first.id]
    models.touch(first.id)
    assert [model.id for model in models.list()] == [first.id, third.id, second.id]
    models.forget(third.id)
    assert [model.id for model in models.list()] == [first.id, second.id]


def test_a_digest_stays_until_the_file_changes(models: ModelStore) -> None:
    models.remember(IDENTITY, 5, 1)
    models.set_digest(IDENTITY.path, 1234, 4, "of an older file")
    models.set_digest(IDENTITY.path, 1233, 5, "of another size")
    assert models.remember(IDENTITY, 5, 1).identity.sha256 == ""
    models.set_digest(IDENTITY.path, 1234, 5, "right")
    assert models.remember(IDENTITY, 5, 1).identity.sha256 == "right"
    assert models.remember(IDENTITY, 6, 1).identity.sha256 == ""
    models.set_digest(IDENTITY.path, 1234, 6, "right")
    assert models.remember(msgspec.structs.replace(IDENTITY, bytes=9), 6, 1).identity.sha256 == ""
    assert models.remember(msgspec.structs.replace(IDENTITY, sha256="known"), 7, 1).identity.sha256 == "known"


def test_options_stay_with_the_file(models: ModelStore) -> None:
    options = LoadOptions(context_length=2048, kv_type_v=KvType.Q4_0)
    model = models.remember(IDENTITY, 5, 1)
    models.set_options(model.id, options, "vicuna")
    again = models.remember(IDENTITY, 6, 1)
    assert (again.options, again.template) == (options, "vicuna")


def test_options_of_a_later_version_become_the_defaults(models: ModelStore, database: Database) -> None:
    models.remember(IDENTITY, 5, 1)
    with database.transaction() as connection:
        connection.execute('UPDATE models SET options = \'{"kv_type_k": "q1", "new": 1}\'')
    assert models.list()[0].options == LoadOptions()


def test_a_forgotten_model_takes_nothing(models: ModelStore) -> None:
    model = models.remember(IDENTITY, 5, 1)
    models.forget(model.id)
    models.touch(model.id)
    models.set_options(model.id, LoadOptions(), "x")
    assert models.list() == []
    assert models.remember(IDENTITY, 5, 1).id != model.id
