"""A model as the user chooses it: a file, or one that a server runs."""

from __future__ import annotations

import msgspec

from app.core.engine.loading import LoadOptions
from app.core.engine.messages import ModelIdentity
from app.core.remote.servers import Server


class ModelFile(msgspec.Struct, frozen=True, kw_only=True):
    """A GGUF file the user has opened, with the load settings remembered for it.

    `identity.path` is absolute. `context_length` is the trained one, in tokens; times are Unix
    seconds; `template` names a template, or is empty for the model's own. Where a `server` runs the
    model, there is no file: `identity` tells the server's name and address.
    """

    id: int
    identity: ModelIdentity
    modified_ns: int
    context_length: int = 0
    added_at: float = 0.0
    last_used_at: float = 0.0
    options: LoadOptions = LoadOptions()
    template: str = ""
    server: Server | None = None

    @staticmethod
    def on(server: Server, model: str) -> ModelFile:
        """A server's model."""
        identity = ModelIdentity(name=model, path=server.base_url, bytes=0, server=server.name)
        return ModelFile(id=0, identity=identity, modified_ns=0, server=server)
