"""The yardstick: llama.cpp's own loop with Parley's default sampling and nothing around it, a program of its own.

    python -m tests.bench.bare_loop MODEL PROMPT_TOKENS TOKENS

prints JSON with the seconds each decoded token took.
"""

from __future__ import annotations

import json
import sys
import time

import llama_cpp
import psutil

from app.core.engine.sampling import Sampling


def default_chain() -> llama_cpp.llama_sampler_p:
    """What Parley samples with when the user has chosen nothing."""
    chosen = Sampling()
    chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
    for sampler in (
        llama_cpp.llama_sampler_init_top_k(chosen.top_k),
        llama_cpp.llama_sampler_init_top_p(chosen.top_p, 1),
        llama_cpp.llama_sampler_init_min_p(chosen.min_p, 1),
        llama_cpp.llama_sampler_init_temp(chosen.temperature),
        llama_cpp.llama_sampler_init_dist(7),
    ):
        llama_cpp.llama_sampler_chain_add(chain, sampler)
    return chain


def decode(path: str, prompt_tokens: int, tokens: int) -> list[float]:
    """Seconds per token of decoding after a prompt of that many tokens."""
    llama_cpp.llama_backend_init()
    model = llama_cpp.llama_model_load_from_file(path.encode(), llama_cpp.llama_model_default_params())
    params = llama_cpp.llama_context_default_params()
    params.n_ctx = 8192
    params.n_threads = params.n_threads_batch = psutil.cpu_count(logical=False) or 1
    params.no_perf = True
    context = llama_cpp.llama_init_from_model(model, params)
    sampler = default_chain()
    prompt = (llama_cpp.llama_token * prompt_tokens)(*(10 + i % 200 for i in range(prompt_tokens)))
    llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(prompt, prompt_tokens))
    seconds = []
    token = (llama_cpp.llama_token * 1)()
    for _ in range(tokens):
        begun = time.perf_counter()
        token[0] = llama_cpp.llama_sampler_sample(sampler, context, -1)
        llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(token, 1))
        seconds.append(time.perf_counter() - begun)
    return seconds


if __name__ == "__main__":
    print(json.dumps(decode(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
