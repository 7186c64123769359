"""What is on the Hub, on its way from there, and in the library, as values."""
