"""The engine on llama.cpp: one model, one context, one live conversation; runs in the engine child."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

import llama_cpp
from llama_cpp import llama_cpp as llama

from app.core.chat.preview_frames import PromptRendered, RenderPrompt
from app.core.engine.engine_frames import Finished, Generate, ModelInfo
from app.core.engine.loading import FlashAttention, LoadOptions
from app.core.engine.messages import FinishReason, Role, Timings, Usage
from app.core.engine.model_errors import NoModel
from app.core.engine.templates import OWN_TEMPLATE
from app.core.errors import Cancelled
from app.core.prediction.speed import backend_of
from app.core.protocol import Event
from app.engines.base import Emit, ModelSource, StopFlag
from app.engines.llama import native
from app.engines.llama.context import LiveContext
from app.engines.llama.memory import free_by_gpu, peak_bytes, resident_bytes, taken_by_gpu
from app.engines.llama.model import LoadedModel, load_model
from app.engines.llama.native import NativeLog
from app.engines.llama.prompting import Prompt, PromptMaker
from app.engines.llama.rendering import render_prompt
from app.engines.llama.reply import Clock, PieceWriter, Reply
from app.engines.llama.sampler import Sampler, make_sampler
from app.engines.llama.sequence import LiveSequence, Mark
from app.engines.llama.spread import Spread
from app.engines.llama.text import TextStream
from app.engines.reasoning import ReasoningSplitter
from app.engines.rendering import edited_template
from app.engines.template_choice import choose_template
from app.engines.templates import ChatTemplate

NAME = "llama.cpp"
_SEEDS = 0xFFFFFFFF
_NEARLY_FULL = 0.9


@dataclass
class _Live:
    """A loaded model with the state of its one conversation."""

    loaded: LoadedModel
    context: LiveContext
    free_before: dict[str, int]
    sequence: LiveSequence = field(default_factory=LiveSequence)

    def template(self, requested: str) -> ChatTemplate:
        """The template to use, as it is now.

        Raises:
            UnknownTemplate, FileUnreadable: the requested one is not there, or cannot be read.
            TemplateFailed: it does not parse.
        """
        source = self.loaded.source
        return choose_template(
            own=source.chat_template,
            requested=requested,
            architecture=source.architecture,
            special_tokens=self.loaded.vocabulary.control_texts,
            name=source.name,
        )

    def prompt(self, command: Generate, template: ChatTemplate, stop: StopFlag) -> Prompt:
        """What of the conversation fits, as tokens.

        Raises:
            Cancelled: `stop` was set.
            ParleyError: see `PromptMaker.make`.
        """
        maker = PromptMaker(command, template, self.loaded.vocabulary, self.sequence, stop)
        limit = self.loaded.plan.context_length
        return maker.make(min(command.context_limit or limit, limit))

    def answer(self, reply: Reply, prompt: Prompt) -> FinishReason:
        """Write a reply to its end; the next one goes on from where it ended, however it did."""
        reusable = self.sequence.common_prefix(prompt.tokens)
        self.context.obey(reply.stop)
        try:
            return reply.run(reusable)
        finally:
            reply.sampler.close()
            self.sequence = _after(reply, prompt)


class LlamaEngine:
    """Implements `Engine`. One in a process, for llama.cpp's log belongs to the process."""

    def __init__(self) -> None:
        self._log = NativeLog()
        native.start(self._log)
        self._spread = Spread((), _nowhere)
        self._abort = native.NativeAbort(lambda message: self._spread.aborting(message))
        self._abort.install()
        self._live: _Live | None = None
        self._loads = 0

    def load(self, source: ModelSource, options: LoadOptions, emit: Emit, stop: StopFlag) -> ModelInfo:
        """Replace what is loaded; emits `LoadProgress`.

        Raises:
            Cancelled: `stop` was set; nothing is loaded now.
            ParleyError: the options, the file or the machine's memory do not allow it.
        """
        self.unload()
        self._loads += 1
        self._spread = Spread(options.rpc_hosts, emit)
        free_before = free_by_gpu(native.devices())
        try:
            with self._spread.during(emit) as told:
                remote = self._spread.join(stop)
                loaded = load_model(source, options, remote, told, stop, self._log)
                self._live = _Live(loaded, LiveContext(loaded, self._log), free_before)
        except BaseException:
            self._spread.close()
            raise
        return _describe(self._live)

    def unload(self) -> None:
        """Free the model, if there is one."""
        if self._live is not None:
            with self._spread.during(_nowhere):
                self._live.loaded.close()
            self._live = None
        self._spread.close()

    def render(self, command: RenderPrompt) -> PromptRendered:
        """A prompt to look at; the conversation in the context stays.

        Raises:
            NoModel: none is loaded.
            TemplateFailed: the template does not parse, or cannot render these messages.
        """
        if self._live is None:
            raise NoModel
        template = edited_template(command) or self._live.template(command.template)
        return render_prompt(command, template, self._live.loaded.vocabulary)

    def generate(self, command: Generate, emit: Emit, stop: StopFlag) -> None:
        """Answer; see `Engine`."""
        clock = Clock()
        live = self._live
        if live is None:
            raise NoModel
        template = live.template(command.template)
        seed = secrets.randbelow(_SEEDS) if command.sampling.seed is None else command.sampling.seed
        try:
            prompt = live.prompt(command, template, stop)
        except Cancelled:
            emit(_nothing(command, template, seed))
            return
        loaded = live.loaded
        limit, thoughts_end = loaded.plan.context_length, _splitter(command, prompt).awaited
        sampler = make_sampler(command.sampling, seed, loaded.vocabulary, limit, self._log, thoughts_end)
        with self._spread.during(emit) as told:
            reply = _reply(live, command, template, prompt, sampler, told, stop, clock)
            reason = live.answer(reply, prompt)
        usage = reply.usage
        emit(
            Finished(
                id=command.id,
                reason=reason,
                usage=usage,
                timings=reply.timings,
                seed=seed,
                template=template.name,
                template_sha256=template.digest,
                view_start=prompt.view_start,
                kept=prompt.kept,
                peak_bytes=self._peak(live, usage),
                cost=loaded.token_cost(usage.prompt_tokens + usage.completion_tokens / 2),
            )
        )

    def _peak(self, live: _Live, usage: Usage) -> int:
        """The most held for this model; 0 if its work so far or an earlier model make that meaningless.

        A whole micro batch fills the compute buffers; without flash attention only a full context does. What is
        sent to other machines goes through the memory here, but does not stay.
        """
        plan = live.loaded.plan
        whole_batch = usage.prompt_tokens - usage.reused_tokens >= plan.options.micro_batch_size
        nearly_full = usage.context_tokens >= _NEARLY_FULL * plan.context_length
        is_complete = nearly_full or (whole_batch and plan.options.flash_attention is not FlashAttention.OFF)
        if self._loads > 1 or not is_complete or plan.options.rpc_hosts:
            return 0
        return peak_bytes() + sum(_on_gpus(live).values())


def _reply(
    live: _Live,
    command: Generate,
    template: ChatTemplate,
    prompt: Prompt,
    sampler: Sampler,
    emit: Emit,
    stop: StopFlag,
    clock: Clock,
) -> Reply:
    return Reply(
        id=command.id,
        tokens=list(prompt.tokens),
        limit=live.loaded.plan.context_length,
        max_tokens=command.sampling.max_tokens,
        view_start=prompt.view_start,
        context=live.context,
        vocabulary=live.loaded.vocabulary,
        sampler=sampler,
        stream=TextStream((*command.sampling.stop, *template.stops)),
        writer=PieceWriter(command.id, emit, _splitter(command, prompt)),
        stop=stop,
        emit=emit,
        clock=clock,
    )


def _splitter(command: Generate, prompt: Prompt) -> ReasoningSplitter:
    """What tells reasoning from the answer, before the first word of a reply."""
    last = command.messages[-1]
    return ReasoningSplitter(prompt.text.text, last if last.role is Role.ASSISTANT else None)


def _after(reply: Reply, prompt: Prompt) -> LiveSequence:
    """What the context holds once a reply has ended, however it ended.

    A reply cut at a stop string gets no mark: its text ends inside a token.
    """
    text = reply.writer.text
    marks = prompt.marks
    if reply.sampled and not reply.stream.stopped:
        marks = (*marks, Mark(len(prompt.text.text) + len(text), len(reply.tokens)))
    return LiveSequence(prompt.text, text, reply.tokens, marks, reply.context.held)


def _nothing(command: Generate, template: ChatTemplate, seed: int) -> Finished:
    """The end of a reply that was stopped before its prompt was made."""
    return Finished(
        id=command.id,
        reason=FinishReason.CANCELLED,
        usage=Usage(0, 0, 0),
        timings=Timings(0.0, 0.0, 0.0, 0.0, 0.0),
        seed=seed,
        template=template.name,
        template_sha256=template.digest,
        view_start=command.view_start,
    )


def _nowhere(_: Event) -> None:
    """For what nobody waits for."""


def _on_gpus(live: _Live) -> dict[str, int]:
    """What the model holds on each GPU."""
    return taken_by_gpu(live.free_before, free_by_gpu(native.devices()))


def _describe(live: _Live) -> ModelInfo:
    source, plan = live.loaded.source, live.loaded.plan
    needs = plan.needs_here
    on_gpus = _on_gpus(live)
    return ModelInfo(
        name=source.name,
        path=str(source.path),
        architecture=source.architecture,
        quantization=source.quantization,
        parameters=llama.llama_model_n_params(live.loaded.model),
        bytes=source.file_bytes,
        context_length=plan.context_length,
        trained_context=source.trained_context,
        layers=llama.llama_model_n_layer(live.loaded.model),
        gpu_layers=plan.gpu_layers,
        template=OWN_TEMPLATE if source.chat_template else live.template("").name,
        engine=NAME,
        engine_version=f"{llama.llama_version().decode()} (llama-cpp-python {llama_cpp.__version__})",
        options=plan.options,
        memory_bytes=resident_bytes() + sum(on_gpus.values()),
        gpu_bytes=on_gpus,
        predicted_bytes=sum(need.total for need in needs),
        certain_bytes=sum(need.weights + need.kv for need in needs),
        backend=backend_of(plan.allotment, plan.hardware),
        device=plan.device,
    )
