"""The conversation as it is read: one widget that lays out, paints, selects, finds and prints messages."""
