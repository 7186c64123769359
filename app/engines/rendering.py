"""A prompt to look at, made without a loaded model, and the template that makes it; runs in the probe child."""

from __future__ import annotations

from app.core.chat.preview_frames import PromptRendered, ReadTemplate, RenderPrompt, TemplateRead
from app.core.checkpoints.repack import TemplateGap
from app.engines.base import ModelSource
from app.engines.template_check import check_template
from app.engines.template_choice import TemplateText, choose_text, compiled
from app.engines.templates import ChatTemplate


def render_prompt(command: RenderPrompt, source: ModelSource | None) -> PromptRendered:
    """Render with the template of a file that is not loaded, or with a named or edited one.

    The vocabulary's own marks, such as the one at the beginning, are left out: they are not known here.

    Raises:
        UnknownTemplate, FileUnreadable: the requested template is not there, or cannot be read.
        TemplateFailed: the template does not parse, or cannot render these messages.
    """
    template = edited_template(command) or compiled(_text(command.template, source))
    text = template.render(command.messages, bos="", eos="", variables=command.template_variables)
    return PromptRendered(id=command.id, text=text, template=template.name, gaps=gaps_of(command, template))


def read_template(command: ReadTemplate, source: ModelSource | None) -> TemplateRead:
    """The source of a named template, or of the one in a file, whether it parses or not.

    Raises:
        UnknownTemplate, FileUnreadable: the template is not there, or cannot be read.
    """
    return TemplateRead(id=command.id, source=_text(command.template, source).source)


def edited_template(command: RenderPrompt) -> ChatTemplate | None:
    """The template whose source the question brings along.

    Raises:
        TemplateFailed: it does not parse.
    """
    if command.source is None:
        return None
    return ChatTemplate(command.template, command.source)


def gaps_of(command: RenderPrompt, template: ChatTemplate) -> tuple[TemplateGap, ...]:
    """What an edited template cannot do."""
    return check_template(template) if command.source is not None else ()


def _text(requested: str, source: ModelSource | None) -> TemplateText:
    return choose_text(
        own=source.chat_template if source else None,
        requested=requested,
        architecture=source.architecture if source else "",
        special_tokens=(),
        name=source.name if source else "",
    )
