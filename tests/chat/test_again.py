"""Which template a reply that is run again is given: the one of then, or a sentence that it is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.chat.again import template_of
from app.core.chat.compare_errors import TemplateChanged
from app.core.engine.loading import LoadOptions
from app.core.engine.messages import ModelIdentity, ReplyRecord
from app.core.engine.sampling import Sampling
from app.core.engine.templates import OWN_TEMPLATE, UnknownTemplate, digest_of


def record(template: str, source: str | None = None) -> ReplyRecord:
    return ReplyRecord(
        model=ModelIdentity(name="Tiny", path="/tiny.gguf", bytes=1),
        engine="",
        engine_version="",
        template=template,
        template_sha256="" if source is None else digest_of(source),
        sampling=Sampling(),
        options=LoadOptions(),
    )


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PARLEY_HOME", str(tmp_path))
    path = tmp_path / "data" / "templates" / "mine.jinja"
    path.parent.mkdir(parents=True)
    path.write_text("{{ messages }}")
    return path


def test_the_template_of_then_is_used_again(mine: Path) -> None:
    assert template_of(record(OWN_TEMPLATE)) == ""
    assert template_of(record("chatml")) == "chatml"
    assert template_of(record("mine", "{{ messages }}")) == "mine"


def test_a_template_that_was_edited_or_deleted_since_is_told(mine: Path) -> None:
    was = record("mine", mine.read_text())
    mine.write_text("{{ messages[0] }}")
    with pytest.raises(TemplateChanged, match="“mine” has changed since"):
        template_of(was)
    mine.unlink()
    with pytest.raises(UnknownTemplate):
        template_of(was)
