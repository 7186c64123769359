"""What is kept on disk: conversations, presets and known models in SQLite, settings and lists in files of JSON."""
