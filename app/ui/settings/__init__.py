"""The settings' window, made from the settings table."""
