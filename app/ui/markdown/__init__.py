"""Markdown source into blocks of styled text; pure values, no Qt."""
