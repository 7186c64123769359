"""What a message is made of from top to bottom: rows of text, and lines around it."""
