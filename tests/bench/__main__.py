"""Measure what Parley promises: `python -m tests.bench [NAME ...]`, on a machine that is otherwise idle.

Every figure is a median over runs that alternate with what they are compared with. Models with random
weights are made once, in the cache folder of the checkout. A display is needed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.chat.turn import opening_record
from app.cli.doctor import probe
from app.core.engine.messages import ModelIdentity
from app.core.engine.models import ModelFile
from app.core.engine.sampling import Sampling
from app.core.paths import Folders
from app.core.prediction.fit import Hardware
from app.storage.stores import open_stores
from tests.bench import downloads, elsewhere, repack
from tests.bench.environment import ENVIRONMENT, ROOT
from tests.bench.history import measure as measure_history
from tests.bench.memory import CASES, run
from tests.window.kills import Kills

MODELS = ROOT / ".cache" / "models"
ROUNDS = 5


@dataclass(frozen=True)
class Figure:
    """One line of the report; `bar` is the promise, `kept` whether it holds."""

    name: str
    value: str
    bar: str
    kept: bool


def model(shape: str, kind: str) -> Path:
    """A model of that shape, made if there is none yet."""
    path = MODELS / f"{shape}-{kind}.gguf"
    if not path.exists():
        MODELS.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [sys.executable, "-m", "tests.models.make_gguf", shape, path, "--type", kind], check=True, cwd=ROOT
        )
    return path


def python(*arguments: str | Path) -> Any:
    """Run one of the bench's own programs and read the JSON it prints."""
    command = [sys.executable, "-m", *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE).stdout)


def rate(arrivals: list[float], first: int, last: int) -> float:
    """Tokens per second between the ends of the two pieces in which these tokens came."""
    first, last = bisect_right(arrivals, arrivals[first]) - 1, bisect_right(arrivals, arrivals[last]) - 1
    return (last - first) / (arrivals[last] - arrivals[first])


def decode(shape: str, kind: str, tokens: int) -> list[Figure]:
    """Decoding through the window against llama.cpp's bare loop."""
    path = model(shape, kind)
    ratios = []
    for _ in range(ROUNDS):
        bare = python("tests.bench.bare_loop", path, "40", str(tokens))
        window = python("tests.bench.window_run", path, "--tokens", str(tokens))[0]["arrivals"]
        bare_rate = (tokens - 20) / sum(bare[20:tokens])
        ratios.append(rate(window, 20, tokens - 1) / bare_rate)
    ratio = statistics.median(ratios)
    return [Figure(f"decode through the window ÷ bare loop, {shape} {kind}", f"{ratio:.3f}", "≥ 0.97", ratio >= 0.97)]


def growth() -> list[Figure]:
    """Seconds per token around the 4,000th token against the 100th, beyond the bare loop's own growth."""
    path = model("160m", "q4_0")
    ratios = []
    for _ in range(3):
        bare = python("tests.bench.bare_loop", path, "40", "4200")
        window = python("tests.bench.window_run", path, "--tokens", "4200")[0]["arrivals"]
        ours = rate(window, 50, 250) / rate(window, 3900, 4100)
        theirs = sum(bare[3900:4100]) / sum(bare[50:250])
        ratios.append(ours / theirs)
    ratio = statistics.median(ratios)
    return [Figure("time per token at 4,000 ÷ at 100, beyond the bare loop's", f"{ratio:.3f}", "≤ 1.05", ratio <= 1.05)]


def window_cpu() -> list[Figure]:
    """CPU of the window's process per token at 40 tokens a second, early and late in a long reply."""
    early, late = [], []
    for _ in range(3):
        cpu = python("tests.bench.window_run", model("tiny", "q8_0"), "--paced", "40", "--tokens", "800")[0]["cpu"]
        early.append((cpu[400] - cpu[100]) / 300 * 1000)
        late.append((cpu[-1] - cpu[-300]) / 299 * 1000)
    first, last = statistics.median(early), statistics.median(late)
    return [
        Figure("window CPU per token at 40 tokens/s, tokens 100-400", f"{first:.2f} ms", "≤ 1 ms", first <= 1),
        Figure("window CPU per token at 40 tokens/s, tokens 500-800", f"{last:.2f} ms", "≤ 1 ms", last <= 1),
    ]


def fill(home: Path, conversations: int) -> None:
    """Store conversations of one exchange each."""
    stores = open_stores(home / "data" / "parley.sqlite3")
    file = ModelFile(id=1, identity=ModelIdentity("m", "m.gguf", 1), modified_ns=0)
    record = opening_record(file, Sampling())
    for number in range(conversations):
        stores.conversations.begin_exchange(None, None, f"Question {number} about quantization", record=record)
    stores.database.close()


def seconds_to(*arguments: str) -> list[float]:
    """From the start of the process to each line that `first_paint` prints."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "tests.bench.first_paint", *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        return [time.perf_counter() - begun for _ in process.stdout]


def start() -> list[Figure]:
    """The window with 1,000 conversations against a bare main window."""
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), 1000)
        pairs = [(seconds_to("parley", folder), seconds_to("bare")) for _ in range(12)][1:]
    seen = statistics.median(parley[0] / bare[0] for parley, bare in pairs)
    ready = statistics.median(parley[1] for parley, _ in pairs) * 1000
    return [
        Figure("window visible ÷ bare main window", f"{seen:.2f}", "≤ 2", seen <= 2),
        Figure("1,000 chats listed and ready to write", f"{ready:.0f} ms", "≤ 500 ms", ready <= 500),
    ]


def turns() -> list[Figure]:
    """What a second turn evaluates, and how fast a reply stops."""
    path = model("160m", "q4_0")
    first, second = python("tests.bench.window_run", path, "--tokens", "100", "--turns", "2", "--prompt-words", "300")
    before = first["prompt_tokens"] + 100
    evaluated = second["prompt_tokens"] - second["reused_tokens"]
    new = second["prompt_tokens"] - before
    stop = statistics.median(turn["stop_seconds"] for turn in (first, second)) * 1000
    return [
        Figure(
            "tokens a second turn evaluates ÷ new tokens", f"{evaluated / new:.2f}", "≤ 1.02", evaluated <= new * 1.02
        ),
        Figure("stop to stored reply while decoding", f"{stop:.0f} ms", "≤ 100 ms", stop <= 100),
    ]


def download() -> list[Figure]:
    """Fetching 2 GB from a local Hub against the Hub's own client, and after ten kills."""
    ratio, rate, ours, theirs = downloads.rates()
    twice = downloads.kills()
    name = f"rate of a download, verified ({rate / 1e6:.0f} MB/s, {ours:.2f} CPU s/GB) ÷ hf download ({theirs:.2f})"
    return [
        Figure(name, f"{ratio:.2f}", "≥ 1", ratio >= 1),
        Figure("sent twice of 2 GB that was killed ten times", f"{twice:.2%}", "< 1 %", twice < 0.01),
    ]


def memory() -> list[Figure]:
    """Memory and speed as predicted, against what engine children really took and did."""
    with tempfile.TemporaryDirectory() as folder:
        hardware = Hardware.of(probe(Folders.of({"PARLEY_HOME": folder})))
    runs = []
    for case in CASES:
        runs.append(run(case, model, hardware))
        print(f"| {case.name} | {runs[-1].summary} | |", flush=True)
    sizes = [abs(one.memory_error) for one in runs]
    for one in runs:
        known = f"{one.calibrated_error(runs):+.0%}, without its own {one.left_out_error(runs):+.0%}"
        print(f"| {one.case.name}: speed, all other replies known | {known} | |", flush=True)
    count, middle, worst = f"{len(sizes)} cases", statistics.median(sizes), max(sizes)
    return [
        Figure(f"memory predicted against measured, {count}, median", f"{middle:.1%}", "≤ 3 %", middle <= 0.03),
        Figure("memory predicted against measured, worst", f"{worst:.1%}", "≤ 8 %", worst <= 0.08),
        *_speed_figures(
            "speed of a chat's last reply, machine calibrated",
            [one.calibrated_error(runs) for one in runs],
        ),
        _unpromised("the same by the first one alone", [one.own_error for one in runs]),
        _unpromised("speed of a model that has not run yet", [one.left_out_error(runs) for one in runs]),
    ]


def _speed_figures(name: str, errors: Sequence[float]) -> list[Figure]:
    median, worst = statistics.median(map(abs, errors)), max(map(abs, errors))
    return [
        Figure(f"{name}, median", f"{median:.0%}", "≤ 15 %", median <= 0.15),
        Figure(f"{name}, worst", f"{worst:.0%}", "≤ 15 %", worst <= 0.15),
    ]


def _unpromised(name: str, errors: Sequence[float]) -> Figure:
    median, worst = statistics.median(map(abs, errors)), max(map(abs, errors))
    return Figure(f"{name}, median (worst {worst:.0%})", f"{median:.0%}", "", True)


def slider() -> list[Figure]:
    """The context slider of the picker, on simulated machines; the longest single move tells of other work too."""
    found = python("tests.bench.slider").values()
    moves = [statistics.median(rounds) for by_round in found for rounds in zip(*by_round, strict=True)]
    single = [taken for by_round in found for one_round in by_round for taken in one_round]
    median, worst = statistics.median(moves), max(moves)
    name = f"a move of the context slider until drawn, {len(moves)} moves"
    return [
        Figure(f"{name}, median", f"{median:.1f} ms", "≤ 16 ms", median <= 16),
        Figure(f"{name}, longest, by the median of its rounds", f"{worst:.1f} ms", "≤ 16 ms", worst <= 16),
        Figure(f"the longest single one of {len(single)}", f"{max(single):.1f} ms", "", True),
    ]


def kills() -> list[Figure]:
    """A window that writes without end, killed at 200 random moments."""
    with tempfile.TemporaryDirectory() as folder:
        run_of = Kills(Path(folder) / "home", seed=time.time_ns())
        run_of.run(200)
    wrong = len(run_of.lost) + len(run_of.damage)
    name = f"messages lost or databases damaged by {run_of.rounds} kills, {len(run_of.committed):,} messages committed"
    return [Figure(name, str(wrong), "0", wrong == 0)]


def history() -> list[Figure]:
    """Searching, listing, opening and starting with 100,000 conversations, and what they take on the disk."""
    found = measure_history()
    return [
        Figure(
            f"search as one types, {found.messages:,} messages, p95 (p50 {found.search_p50 * 1000:.0f} ms)",
            f"{found.search_p95 * 1000:.0f} ms",
            "≤ 50 ms",
            found.search_p95 <= 0.05,
        ),
        Figure("first page of the list", f"{found.page * 1000:.1f} ms", "≤ 100 ms", found.page <= 0.1),
        Figure("slowest of its first 50 pages", f"{found.scrolled * 1000:.1f} ms", "≤ 100 ms", found.scrolled <= 0.1),
        Figure(
            "10,000 messages opened, to the paint of the last",
            f"{found.opened * 1000:.0f} ms",
            "≤ 150 ms",
            found.opened <= 0.15,
        ),
        Figure("start until listed ÷ with an empty database", f"{found.start:.2f}", "≤ 1.3", found.start <= 1.3),
        Figure("database ÷ text of its messages", f"{found.growth:.2f}", "≤ 2", found.growth <= 2),
    ]


def repacking() -> list[Figure]:
    """A 7B of 4 bit without act-order, made into GGUF."""
    figures = []
    for method in ("gptq", "awq"):
        found = [repack.measure("7b", method) for _ in range(3)]
        rate = statistics.median(one["rate"] for one in found) / 1e6
        peak = max(one["peak_bytes"] for one in found) / 1e6
        name = f"7B {method.upper()} 4 bit"
        figures += [
            Figure(f"source of a {name} repacked per second", f"{rate:.0f} MB", "≥ 150 MB", rate >= 150),
            Figure("memory of that at its peak", f"{peak:.0f} MB", "≤ 1000 MB", peak <= 1000),
        ]
    return figures


def transcript() -> list[Figure]:
    """The transcript with 5,000 mixed messages, and with one of 200,000 characters."""

    def measured(measure: str, rate: int = 200) -> Any:
        return python("tests.bench.transcript", measure, "--rate", str(rate))

    opened, scrolled, resized = measured("open"), measured("scroll"), measured("resize")
    streams = {"5,000 messages": measured("stream"), "one of 200,000 characters": measured("long")}
    slow = measured("stream", 40)["cpu_per_token"]
    hostile = max(measured("hostile").items(), key=lambda pair: pair[1])
    figures = [
        Figure("open 5,000 messages", f"{opened['open']:.0f} ms", "≤ 150 ms", opened["open"] <= 150),
        Figure("scroll through them", f"{scrolled['rate']:.0f} frames/s", "≥ 55", scrolled["rate"] >= 55),
        Figure("longest frame", f"{scrolled['frame_most']:.0f} ms", "≤ 50 ms", scrolled["frame_most"] <= 50),
        Figure("memory after reading all", f"{scrolled['mb']:.0f} MB", "≤ 150 MB", scrolled["mb"] <= 150),
        Figure("resize, longest step", f"{resized['busy_most']:.0f} ms", "≤ 50 ms", resized["busy_most"] <= 50),
        Figure("CPU per token at 40 tokens/s", f"{slow:.2f} ms", "≤ 1 ms", slow <= 1),
        Figure(f"hostile text, worst: {hostile[0]}", f"{hostile[1]:.0f} ms", "≤ 50 ms", hostile[1] <= 50),
    ]
    for where, stream in streams.items():
        late, most, cost = stream["stall_p999"], stream["stall_most"], stream["cpu_per_token"]
        figures += [
            Figure(f"stall at 200 tokens/s into {where}, p99.9", f"{late:.1f} ms", "≤ 16 ms", late <= 16),
            Figure(f"stall at 200 tokens/s into {where}, longest", f"{most:.1f} ms", "≤ 50 ms", most <= 50),
            Figure(f"CPU per token at 200 tokens/s into {where}", f"{cost:.2f} ms", "≤ 0.5 ms", cost <= 0.5),
        ]
    growth = streams["one of 200,000 characters"]["growth"]
    return [
        *figures,
        Figure("CPU per token at 200,000 characters ÷ at the start", f"{growth:.2f}", "≤ 1.1", growth <= 1.1),
    ]


def over_rpc() -> list[Figure]:
    """A model over two RPC servers on this machine against the same model in the engine alone."""
    return _elsewhere("two RPC servers on the loopback", elsewhere.over_rpc)


def through_server() -> list[Figure]:
    """llama-server through the remote engine against the same model in the engine itself."""
    return _elsewhere("llama-server through the remote engine", elsewhere.through_server)


def _elsewhere(where: str, measure: Callable[[Path], elsewhere.Comparison]) -> list[Figure]:
    found = measure(model("160m", "q4_0"))
    return [
        Figure(f"{where} ÷ the engine: time to first token", f"{found.first_token:.2f}", "", True),
        Figure(f"{where} ÷ the engine: tokens per second", f"{found.rate:.2f}", "", True),
    ]


MEASURES: dict[str, Callable[[], list[Figure]]] = {
    "start": start,
    "window-cpu": window_cpu,
    "transcript": transcript,
    "turns": turns,
    "decode-160m": lambda: decode("160m", "q4_0", 1200),
    "decode-1b": lambda: decode("1b", "q4_k_m", 120),
    "growth": growth,
    "memory": memory,
    "slider": slider,
    "download": download,
    "repack": repacking,
    "rpc": over_rpc,
    "server": through_server,
    "kills": kills,
    "history": history,
}


def main() -> int:
    """Print a table; 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[[], *MEASURES], metavar="NAME", help=", ".join(MEASURES))
    names = parser.parse_args().names or list(MEASURES)
    figures = []
    print("| measure | result | promise |\n| --- | --- | --- |")
    for name in names:
        for figure in MEASURES[name]():
            figures.append(figure)
            print(f"| {figure.name} | {figure.value}{'' if figure.kept else ' (missed)'} | {figure.bar} |", flush=True)
    return 0 if all(figure.kept for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
