"""The user's data as a whole, as values: backups, exports and imports."""
