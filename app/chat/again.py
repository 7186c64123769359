"""A reply that is given once more, exactly as the record of the first one says. Plain values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import msgspec

from app.chat.context import ModelView, model_view
from app.core.chat.compare_errors import ModelNotHere, ModelNotKnownExactly, NothingToRepeat, TemplateChanged
from app.core.chat.conversations import StoredMessage
from app.core.engine.messages import Message, ReplyRecord, Role
from app.core.engine.models import ModelFile
from app.core.engine.templates import OWN_TEMPLATE, digest_of, shipped_names, template_source


def repeated(message: StoredMessage, files: Iterable[ModelFile]) -> tuple[ModelFile, ReplyRecord]:
    """The file to load, with the options of then, and the record that the new reply begins with.

    Raises:
        NothingToRepeat: no model on this machine wrote the message.
        ModelNotKnownExactly: the hash of the file was never computed.
        ModelNotHere: none of `files` is that file, by its hash or its path.
        ParleyError: the template is not what it was, as `template_of`.
    """
    record = message.record
    if record is None or record.model.server or record.usage is None:
        raise NothingToRepeat
    model = record.model
    if not model.sha256:
        raise ModelNotKnownExactly(name=model.name)
    known = [file for file in files if file.server is None]
    alike = [file for file in known if file.identity.sha256 == model.sha256]
    there = [file for file in known if file.identity.path == model.path]
    if not alike and not there:
        raise ModelNotHere(name=model.name)
    template = template_of(record)
    file = msgspec.structs.replace((there or alike)[0], options=record.options, template=template)
    again = ReplyRecord(
        model=file.identity,
        engine="",
        engine_version="",
        template=template,
        sampling=msgspec.structs.replace(record.sampling, seed=record.seed),
        options=record.options,
        preset=record.preset,
        system=record.system,
        template_variables=record.template_variables,
        context_limit=record.context_limit,
        kept=record.kept,
    )
    return file, again


def template_of(record: ReplyRecord) -> str:
    """The name of the template that made the reply's prompt, empty for the model's own.

    Raises:
        UnknownTemplate, FileUnreadable: it is not there any more, or cannot be read.
        TemplateChanged: the user has edited it since.
    """
    name = record.template
    if name in ("", OWN_TEMPLATE):
        return ""
    source = template_source(name)
    digest = "" if name in shipped_names() else digest_of(source)
    if digest != record.template_sha256:
        raise TemplateChanged(name=name)
    return name


def seen_messages(path: Sequence[StoredMessage], record: ReplyRecord) -> tuple[Message, ...]:
    """What the model saw of the path that a reply answers, as the reply's record tells."""
    messages = model_view(path, record.system).messages
    above = 1 if messages and messages[0].role is Role.SYSTEM else 0
    turns = messages[above:]
    kept = tuple(turns[index] for index in record.kept if index < len(turns))
    return (*messages[:above], *kept, *turns[record.view_start :])


def view_again(path: Sequence[StoredMessage], record: ReplyRecord) -> ModelView:
    """What the model is given once more: what was pinned then stays, whatever is pinned now."""
    return replace(model_view(path, record.system), pinned=record.kept)
