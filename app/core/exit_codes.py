"""How a command of Parley ends, for scripts."""

from __future__ import annotations

DONE = 0
FAILED = 1
USAGE = 2
INTERRUPTED = 130
"""As a shell tells of a program that Ctrl+C ended."""
