"""The column at the left: conversations in their folders, the archive, the trash, and search."""
