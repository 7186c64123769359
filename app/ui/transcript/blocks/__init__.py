"""What a message's text is laid out as: blocks of pieces, each of which paints itself."""
