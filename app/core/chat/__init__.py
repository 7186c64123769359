"""Conversations and what stands around their messages, as values: attachments, presets, search."""
