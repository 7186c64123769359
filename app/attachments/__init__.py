"""The text of files that a message takes along; plain Python, run in the extract child alone."""
