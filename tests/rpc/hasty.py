"""An engine child that gives other machines up after few seconds: `python -m tests.rpc.hasty`."""

from __future__ import annotations

import sys

from app.core.protocol import ChildRole
from app.engines.llama import rpc_watch
from app.worker.main import main

PATIENCE = rpc_watch.Patience(idle=1, between=1, questions=2, connecting=1.0, pause=0.2)

if __name__ == "__main__":
    rpc_watch.PATIENCE = PATIENCE
    sys.exit(main(ChildRole.ENGINE))
