"""Needs told by llama.cpp itself: a real hub child, a local Hub, and a real probe child."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from app.bootstrap.starting import child_starter
from app.catalog.fit.local_variant import local_variant
from app.children.child import Child
from app.core.catalog.hub import RepoPage, Variant
from app.core.engine.loading import LoadOptions
from app.core.paths import Folders
from app.core.prediction.fit import NeedSource
from app.core.protocol import ChildRole
from app.services.fit_service import FitService
from app.services.hub_service import HubService
from app.services.need_finder import NeedFinder
from app.services.relay import Relay
from tests.hub.hubserver import HubServer
from tests.hub.served import GGUF_13B, GPTQ_70B, SHARDED, TINY
from tests.machines import DESKTOP

OPTIONS = LoadOptions(context_length=1024)


@dataclass
class Bench:
    """What the picker has, without a window."""

    hub: HubService
    fit: FitService
    needs: NeedFinder
    qtbot: QtBot
    probe_command: Sequence[str] | None = None
    probes: int = 0

    def variants(self, repo: str) -> tuple[Variant, ...]:
        with self.qtbot.waitSignal(self.hub.repo_opened) as signal:
            self.hub.open_repo(repo)
        page = signal.args[0]
        assert isinstance(page, RepoPage)
        return page.variants

    def measure(self, *variants: Variant, options: LoadOptions = OPTIONS) -> None:
        with self.qtbot.waitSignals([self.needs.measured] * len(variants)):
            self.needs.want(variants, options)

    def source(self, variant: Variant, options: LoadOptions = OPTIONS) -> NeedSource:
        return self.fit.rank([variant], options).fits[0].source


@pytest.fixture
def bench(qtbot: QtBot, tiny_hub: HubServer, own_home: Path) -> Iterator[Bench]:
    folders, relay, fit = Folders.of({"PARLEY_HOME": str(own_home)}), Relay(), FitService()
    fit.set_machine(DESKTOP)
    hub = HubService(child_starter(ChildRole.HUB, folders, None), relay)

    def start_probe(on_event: Any, on_exit: Any) -> Child:
        made.probes += 1
        return child_starter(ChildRole.PROBE, folders, made.probe_command)(on_event, on_exit)

    needs = NeedFinder(hub, fit, start_probe, relay)
    made = Bench(hub, fit, needs, qtbot)
    yield made
    needs.shutdown()
    hub.shutdown()


def test_a_remote_variant_is_measured_from_its_header(bench: Bench, tiny_hub: HubServer, tiny_gguf: Path) -> None:
    (variant,) = bench.variants(TINY)
    assert bench.source(variant) is NeedSource.FORMULA
    bench.measure(variant)
    assert bench.source(variant) is NeedSource.MEASURED
    assert bench.source(variant, LoadOptions(context_length=2048)) is NeedSource.BETWEEN
    here = local_variant(tiny_gguf)
    assert bench.fit.rank([variant], OPTIONS).fits[0].part("kv") == bench.fit.rank([here], OPTIONS).fits[0].part("kv")
    assert sum(int(request.get("bytes", 0)) for request in tiny_hub.seen("/cdn/")) < tiny_gguf.stat().st_size


def test_shards_are_measured_together(bench: Bench) -> None:
    (variant,) = bench.variants(SHARDED)
    assert len(variant.files) > 2
    bench.measure(variant)
    assert bench.source(variant) is NeedSource.MEASURED


def test_several_are_measured_in_turn_and_only_once(bench: Bench, tiny_hub: HubServer) -> None:
    small, large = (next(one for one in bench.variants(GGUF_13B) if one.name == name) for name in ("Q2_K", "Q8_0"))
    bench.measure(small, large)
    assert bench.source(small) is bench.source(large) is NeedSource.MEASURED
    asked = len(tiny_hub.log)
    other = LoadOptions(context_length=4096)
    bench.measure(small, options=other)
    assert bench.source(small, other) is NeedSource.MEASURED
    assert len(tiny_hub.log) == asked


def test_the_latest_wish_counts(bench: Bench) -> None:
    (variant,) = bench.variants(TINY)
    other = LoadOptions(context_length=2048)
    bench.needs.want([variant], OPTIONS)
    bench.measure(variant, options=other)
    assert bench.source(variant, other) is NeedSource.MEASURED
    assert bench.source(variant) is NeedSource.BETWEEN


def test_a_measurement_that_takes_longer_than_the_child_may_rest_is_heard(bench: Bench) -> None:
    bench.needs._idle.setInterval(1)
    (variant,) = bench.variants(TINY)
    bench.measure(variant)
    assert bench.source(variant) is NeedSource.MEASURED


def test_what_has_no_gguf_header_is_left_to_the_formula(bench: Bench) -> None:
    packed = bench.variants(GPTQ_70B)[0]
    with bench.qtbot.waitSignal(bench.needs.opened):
        bench.needs.want([packed], OPTIONS)
    assert bench.probes == 0
    assert bench.source(packed) is NeedSource.FORMULA


def test_a_probe_that_dies_leaves_the_formula_and_the_next_is_measured(bench: Bench) -> None:
    (variant,) = bench.variants(TINY)
    bench.probe_command = [sys.executable, "-c", "raise SystemExit(3)"]
    bench.needs.want([variant], OPTIONS)
    bench.qtbot.waitUntil(lambda: bool(bench.needs._settled))
    assert bench.source(variant) is NeedSource.FORMULA
    bench.probe_command = None
    bench.measure(variant, options=LoadOptions(context_length=2048))


def test_a_header_that_cannot_be_read_leaves_the_formula(bench: Bench, tiny_hub: HubServer) -> None:
    (variant,) = bench.variants(TINY)
    unread = msgspec.structs.replace(variant, commit="0" * 40)
    with bench.qtbot.waitSignal(bench.hub.failed):
        bench.needs.want([unread], OPTIONS)
    assert bench.source(variant) is NeedSource.FORMULA
    bench.measure(variant)


def test_an_unsupported_option_leaves_the_formula(bench: Bench) -> None:
    """The tiny model's heads are too narrow for a quantized KV cache."""
    (variant,) = bench.variants(TINY)
    quantized = msgspec.convert({"context_length": 1024, "kv_type_k": "q8_0", "kv_type_v": "q8_0"}, LoadOptions)
    bench.needs.want([variant], quantized)
    bench.qtbot.waitUntil(lambda: bool(bench.needs._settled))
    assert bench.source(variant, quantized) is NeedSource.FORMULA
    bench.measure(variant)
