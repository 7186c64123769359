"""Which modules of a large library Parley comes to import, so that the bundle leaves out the rest of it.

The OpenAI client brings models and resources for everything its makers offer; Parley lists models and chats.
"""

from __future__ import annotations

import subprocess
import sys

_CHATTING = """
import sys
from openai import OpenAI
client = OpenAI(base_url="http://127.0.0.1/v1", api_key="-")
client.models, client.chat.completions
print(*(name for name in sys.modules if name.split(".")[0] == "openai"))
"""


def unused(names: list[str]) -> set[str]:
    """Those of the modules that belong to the OpenAI client, and that neither listing models nor chatting imports.

    Raises:
        subprocess.CalledProcessError: the client cannot be imported.
    """
    done = subprocess.run([sys.executable, "-c", _CHATTING], check=True, capture_output=True, text=True)
    used = set(done.stdout.split())
    return {name for name in names if name.split(".")[0] == "openai" and name not in used}
