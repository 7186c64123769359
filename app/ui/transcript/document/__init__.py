"""Messages under one another, the places in them, and what is read out of them."""
