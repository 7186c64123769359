"""Checkpoints of safetensors and what becomes of them in GGUF, as values and rules."""
