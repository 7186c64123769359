"""llama-cpp-python's own server as a process: writes its port as the first line, then serves until it is ended."""

from __future__ import annotations

import argparse
import logging
import os
import socket
import sys
import threading

import uvicorn
from llama_cpp.llama_tokenizer import LlamaTokenizer
from llama_cpp.server.app import create_app
from llama_cpp.server.settings import ModelSettings, ServerSettings


def end_with_parent() -> None:
    """Serve nobody once the test run is gone, however it ended."""
    sys.stdin.read()
    os._exit(0)


def write_every_piece() -> None:
    """Write bytes that are no text as a sign, at once.

    This server waits until they are text and does not see meanwhile that its listener has gone, and
    random weights never end what they began.
    """
    detokenize = LlamaTokenizer.detokenize

    def readable(self: LlamaTokenizer, *tokens: object, **named: object) -> bytes:
        return detokenize(self, *tokens, **named).decode(errors="replace").encode()

    LlamaTokenizer.detokenize = readable


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--alias", default="tiny")
    parser.add_argument("--key")
    parser.add_argument("--certificate")
    parser.add_argument("--every-piece", action="store_true")
    asked = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # what the server says is read as it says it
    if asked.every_piece:
        write_every_piece()
    model = ModelSettings(model=asked.model, model_alias=asked.alias, n_ctx=4096, n_threads=1, verbose=False)
    app = create_app(server_settings=ServerSettings(api_key=asked.key), model_settings=[model])
    threading.Thread(target=end_with_parent, daemon=True).start()
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1])
    logging.disable(logging.CRITICAL)
    config = uvicorn.Config(app, log_config=None, ssl_certfile=asked.certificate)
    uvicorn.Server(config).run(sockets=[listener])


main()
