"""Servers and machines elsewhere that run a model or hold a part of one, as values."""
