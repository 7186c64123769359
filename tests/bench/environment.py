"""Where the bench's own programs run, and with which environment."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Compiled once and kept, as for every user from the second start on.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
