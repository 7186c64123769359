"""What the picker says: sentences and short forms made from values; pure.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QCoreApplication

from app.core.catalog.hub import Access, Format, Recommendation, RepoPage, RepoSummary, Variant
from app.core.catalog.library import Owner
from app.core.prediction.fit import (
    CONTEXT_BYTES,
    Device,
    DeviceKind,
    Fit,
    Hardware,
    NeedSource,
    Placement,
    Reason,
    ReasonKind,
)
from app.core.prediction.measurement import Measurement
from app.core.sizes import format_bytes, format_count, format_decimal, format_rate

TOKENS_PER_PAGE = 340
_VISIBLE_BITS = 0.4
_MAKERS = ("NVIDIA GeForce ", "NVIDIA ", "AMD Radeon ", "AMD ", "Intel(R) ")
_FORMATS = {
    Format.GGUF: "GGUF",
    Format.GPTQ: "GPTQ",
    Format.AWQ: "AWQ",
    Format.BITSANDBYTES: "bitsandbytes",
    Format.SAFETENSORS: "safetensors",
}


def owner_name(owner: Owner) -> str:
    """Whose folder it is."""
    return _tr("the Hugging Face cache") if owner is Owner.HUGGING_FACE else owner.value


def recommended_for(model: Recommendation) -> str:
    """Why a recommended model is good."""
    return QCoreApplication.translate("Recommended", model.why)


def format_name(kind: Format) -> str:
    """As people write it."""
    return _FORMATS[kind]


def device_name(hardware: Hardware, name: str) -> str:
    """What a device is called in a sentence: `RTX 4070`, or main memory; cards of one kind are numbered."""
    said = {gpu.name: _short_name(gpu) for gpu in hardware.gpus}
    if name not in said:
        return _tr("memory")
    alike = [other for other, called in said.items() if called == said[name]]
    return said[name] if len(alike) == 1 else f"{said[name]} ({alike.index(name) + 1})"


def _short_name(gpu: Device) -> str:
    said = gpu.description or gpu.name
    return next((said.removeprefix(maker) for maker in _MAKERS if said.startswith(maker)), said)


def machine_line(hardware: Hardware) -> str:
    """`16 GB of memory, 11.2 GB free · RTX 4070: 12 GB, 10.8 GB free`."""
    memory = hardware.memory
    shared = any(gpu.kind is DeviceKind.UNIFIED for gpu in hardware.gpus)
    told = _tr("{total} of memory, {free} free")
    if shared:
        told = _tr("{total} of memory, shared with the GPU, {free} free")
    parts = [told.format(total=format_bytes(memory.total), free=format_bytes(memory.free))]
    for gpu in hardware.gpus:
        if gpu.kind is DeviceKind.UNIFIED:
            parts.append(device_name(hardware, gpu.name))
        else:
            total, free = format_bytes(gpu.total), format_bytes(gpu.free - CONTEXT_BYTES.get(gpu.backend, 0))
            parts.append(_tr("{name}: {total}, {free} free").format(name=_short_name(gpu), total=total, free=free))
    return " · ".join(parts)


def verdict(found: Fit) -> str:
    """The short form for the table; a symbol stands before it."""
    kind = found.verdict
    match kind.placement:
        case Placement.ALL_ON_GPU:
            return _tr("all on GPU")
        case Placement.PARTLY:
            return _tr("{part} of {all} layers").format(part=kind.gpu_layers, all=kind.layers)
        case Placement.CPU:
            return _tr("on the CPU")
    return _tr("too large here")


def estimated_place(found: Fit | None) -> str:
    """The verdict without numbers, for what is estimated from a model's size alone; None where that is unknown."""
    if found is None:
        return _tr("size unknown")
    is_partly = found.verdict.placement is Placement.PARTLY
    return _tr("partly on the GPU") if is_partly else verdict(found)


def verdict_in_full(found: Fit) -> str:
    """The verdict as a sentence."""
    kind = found.verdict
    match kind.placement:
        case Placement.ALL_ON_GPU:
            return _tr("Runs entirely on the GPU.")
        case Placement.PARTLY:
            text = _tr("{part} of {all} layers fit on the GPU; the others run on the CPU.")
            return text.format(part=kind.gpu_layers, all=kind.layers)
        case Placement.CPU:
            return _tr("Runs on the CPU.")
    return _tr("Does not fit: it needs {missing} more than is free.").format(missing=format_bytes(found.missing))


def speed(found: Fit) -> str:
    """The likely rate."""
    if found.speed is None:
        return "—"
    return _tr("~{rate} tok/s").format(rate=format_rate(found.speed.likely))


def speed_range(found: Fit) -> str:
    """The range, for a tooltip."""
    if found.speed is None:
        return ""
    low, high = format_rate(found.speed.low), format_rate(found.speed.high)
    return _tr("Between {low} and {high} tokens per second").format(low=low, high=high)


def need_source(found: Fit) -> str:
    """How the need was told, in short."""
    return _need_sources()[found.source]


def need_sources() -> Collection[str]:
    """All that `need_source` may say."""
    return _need_sources().values()


def _need_sources() -> dict[NeedSource, str]:
    return {
        NeedSource.FORMULA: _tr("by formula"),
        NeedSource.BETWEEN: _tr("by llama.cpp's plan for another length"),
        NeedSource.MEASURED: _tr("measured by llama.cpp"),
    }


def need_source_in_full(found: Fit) -> str:
    """How the need was told, for a tooltip."""
    return {
        NeedSource.FORMULA: _tr("Computed from the model's sizes; llama.cpp itself has not been asked."),
        NeedSource.BETWEEN: _tr(
            "llama.cpp has planned this variant at another context length; a formula follows the context from there."
        ),
        NeedSource.MEASURED: _tr("llama.cpp has planned this very variant at this context length, without loading it."),
    }[found.source]


def predicted_and_measured(run: Measurement) -> str:
    """`Last run: predicted 7.9 GB, measured 7.8 GB.`, of a measurement of memory."""
    text = _tr("Last run: predicted {predicted}, measured {measured}.")
    return text.format(predicted=format_bytes(round(run.predicted)), measured=format_bytes(round(run.measured)))


def estimate(repo: str, found: Fit) -> str:
    """What a repo's model would need, for a tooltip; told from its size alone."""
    text = _tr("{repo}: about {need} at four bits per weight, {place}")
    return text.format(repo=repo, need=format_bytes(found.total), place=estimated_place(found))


def context(tokens: int) -> str:
    """`4,096 tokens · about 12 pages`."""
    pages = max(round(tokens / TOKENS_PER_PAGE), 1)
    text = _tr("{tokens} tokens · about {pages} pages") if pages > 1 else _tr("{tokens} tokens · about a page")
    return text.format(tokens=format_count(tokens), pages=format_count(pages))


def reason(
    chosen: Variant, found: Fit, best: Variant | None, why: Reason | None, others: Sequence[tuple[Variant, Fit]]
) -> str:
    """Why this variant is, or is not, the one to take."""
    if best is None or why is None:
        return verdict_in_full(found) + " " + _tr("A shorter context or a smaller model may fit.")
    if chosen == best:
        return " ".join(filter(None, (_why_best(why), _better_but(chosen, found, others))))
    return f"{verdict_in_full(found)} {_beside_best(found, best, why.fit)}".rstrip()


def _why_best(why: Reason) -> str:
    room = _tr("with room for a chat of {tokens} tokens").format(tokens=format_count(why.fit.context_length))
    texts = {
        ReasonKind.BEST_ON_GPU: _tr(
            "Best here because it is the finest variant that writes fluently; it runs entirely on the GPU, {room}."
        ),
        ReasonKind.BEST_PARTLY: _tr(
            "Best here because it is the finest variant that writes fluently, though only a part of it fits on the "
            "GPU, {room}."
        ),
        ReasonKind.BEST_ON_CPU: _tr("Best here because it is the finest variant that writes fluently, {room}."),
        ReasonKind.FASTEST: _tr(
            "Best here because it is the quickest variant of fair quality; none answers as fast as you read. It comes "
            "{room}."
        ),
    }
    return texts[why.kind].format(room=room)


def _better_but(chosen: Variant, found: Fit, others: Sequence[tuple[Variant, Fit]]) -> str:
    """What the next finer variant would cost."""
    finer = [
        one
        for one in others
        if one[1].quality >= found.quality and one[0].bits_per_weight > chosen.bits_per_weight + _VISIBLE_BITS
    ]
    if not finer:
        return ""
    variant, fit = min(finer, key=lambda one: one[0].bits_per_weight)
    if fit.speed is None or found.speed is None:
        return _tr("{name} would read better but does not fit.").format(name=variant.name)
    percent = round(100 * fit.speed.likely / found.speed.likely)
    if percent >= 95:
        return ""
    return _tr("{name} would read better but run at {percent} % of the speed.").format(
        name=variant.name, percent=percent
    )


def _beside_best(found: Fit, best: Variant, best_fit: Fit) -> str:
    if found.speed is None:
        return _tr("{best} fits.").format(best=best.name)
    if best_fit.speed is None:
        return ""
    times = best_fit.speed.likely / found.speed.likely
    if times >= 1.15:
        return _tr("{best} would be {times} times as fast.").format(best=best.name, times=format_decimal(times, 1))
    if best_fit.quality > found.quality:
        return _tr("{best} would read better.").format(best=best.name)
    return ""


def repo_remark(repo: RepoSummary) -> str:
    """The line below a repo's name."""
    owner = repo.id.partition("/")[0]
    formats = ", ".join(map(format_name, repo.formats))
    downloads = _tr("{count} downloads").format(count=_short_count(repo.downloads)) if repo.downloads else ""
    access = {Access.GATED: _tr("gated"), Access.PRIVATE: _tr("private")}.get(repo.access, "")
    return " · ".join(filter(None, (access, owner, formats, downloads)))


def page_facts(page: RepoPage) -> list[str]:
    """Licence and base model."""
    licence = _tr("{name} licence").format(name=page.license) if page.license else _tr("licence unknown")
    based = _tr("based on {model}").format(model=page.base_model) if page.base_model else ""
    return [part for part in (licence, based) if part]


def file_list(variant: Variant) -> str:
    """The files with their exact sizes and hashes."""
    lines = []
    for file in variant.files:
        lines += [file.path, f"  {format_bytes(file.bytes)} ({format_count(file.bytes)} B)"]
        lines += [f"  sha256 {file.sha256}"] if file.sha256 else []
    return "\n".join(lines)


def _short_count(count: int) -> str:
    for limit, unit in ((1_000_000, "M"), (1000, "k")):
        if count >= limit:
            tenths = round(10 * count / limit)
            return format_decimal(tenths / 10, 1 if tenths % 10 else 0) + unit
    return str(count)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Picker", text)
