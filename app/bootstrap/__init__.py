"""The one place that builds the window's objects and wires them together.

`frame` is what is painted first; `program` makes all the rest, imported only afterwards, `wiring` connects it, and
`desks` make the larger dialogs when they are asked for; `window` runs frame and program one after the other.
"""
