from __future__ import annotations

from tests.window.conftest import start_program, user

__all__ = ["start_program", "user"]
