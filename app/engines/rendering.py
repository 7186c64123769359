"""A prompt to look at, made without a loaded model; runs in the probe child."""

from __future__ import annotations

from app.core.preview_frames import PromptRendered, RenderPrompt
from app.engines.base import ModelSource
from app.engines.templates import choose_template


def render_prompt(command: RenderPrompt, source: ModelSource | None) -> PromptRendered:
    """Render with the template of a file that is not loaded, or with a named one.

    The vocabulary's own marks, such as the one at the beginning, are left out: they are not known here.

    Raises:
        InvalidOption: no fallback has the requested name.
        TemplateFailed: the template does not parse, or cannot render these messages.
    """
    template = choose_template(
        own=source.chat_template if source else None,
        requested=command.template,
        architecture=source.architecture if source else "",
        special_tokens=(),
        name=source.name if source else "",
    )
    text = template.render(command.messages, bos="", eos="", variables=command.template_variables)
    return PromptRendered(id=command.id, text=text, template=template.name)
