"""Conversations out of Parley and into it: plain Python over open files, used by a child and by the command line."""
