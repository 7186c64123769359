"""A prompt to look at, made with the loaded model's template and vocabulary; in the engine child."""

from __future__ import annotations

from app.core.chat.preview_frames import PromptRendered, RenderPrompt
from app.engines.llama.vocabulary import Vocabulary
from app.engines.prompt import Protection
from app.engines.rendering import gaps_of
from app.engines.templates import ChatTemplate


def render_prompt(command: RenderPrompt, template: ChatTemplate, vocabulary: Vocabulary) -> PromptRendered:
    """The prompt's text and tokens, as a reply to these messages would begin with.

    Raises:
        TemplateFailed: the template cannot render these messages.
    """
    protection = Protection(command.messages, vocabulary.control_texts)
    rendered = template.render(
        protection.messages,
        bos=vocabulary.begin_text,
        eos=vocabulary.end_text,
        variables=command.template_variables,
    )
    segments = protection.split(rendered)
    text = "".join(segment.text for segment in segments)
    tokens = len(vocabulary.begins(text))
    tokens += sum(len(vocabulary.tokenize(segment.text, special=segment.parse_special)) for segment in segments)
    return PromptRendered(
        id=command.id, text=text, template=template.name, tokens=tokens, gaps=gaps_of(command, template)
    )
