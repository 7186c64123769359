"""The view onto a document: scrolling, painting, pointer, keys, screen reader."""
