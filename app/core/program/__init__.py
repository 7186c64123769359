"""The program itself, as values: its settings, its shortcuts, its network, its newer versions."""
