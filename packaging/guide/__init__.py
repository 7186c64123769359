"""How the Guide is made: the tiny model in the box, trained on the facts in `resources/guide`.

Run in `packaging/`, in an environment of its own: `python -m guide` tells how. Nothing here is part of Parley.
"""
