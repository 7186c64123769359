"""Pages of a PDF by Qt's rich text: what the print child does. Needs no display and no event loop."""
