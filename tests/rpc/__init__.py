"""Models over several machines, with RPC servers of the installed llama.cpp itself on the loopback."""
