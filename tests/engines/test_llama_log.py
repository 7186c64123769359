"""llama.cpp's log belongs to the process, not to the engine that began to listen to it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = """
import gc, sys
from pathlib import Path
from app.core.engine.loading import LoadOptions
from app.engines.base import StopFlag
from app.engines.llama.engine import LlamaEngine
from app.worker.source import describe

engine, other = LlamaEngine(), LlamaEngine()
del other
gc.collect()
engine.load(describe(Path(sys.argv[1])), LoadOptions(), lambda event: None, StopFlag())
"""


def test_an_engine_loads_after_another_one_has_gone(tiny_gguf: Path) -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(tiny_gguf)], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
