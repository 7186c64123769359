"""Lets other programs use the model over the OpenAI API: HTTP on one event loop, the model in an engine child.

`parsing`, `answers` and the `json_…` modules are pure, `desk` keeps the engine and those who wait for it, `connection`
speaks HTTP, `guard` says who may ask, `service` answers, with replies by `telling`, and `server` listens.
"""
