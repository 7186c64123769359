"""Presets in the window: the header's button, the editor, and the questions a preset asks."""
