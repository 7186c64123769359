"""Windows on what goes out of Parley and comes in."""
