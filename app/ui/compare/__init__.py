"""Replies side by side: one given once more, or several to one message."""
