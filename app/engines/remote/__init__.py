"""Answers from servers that speak the OpenAI API; in the engine child, its lists also in the servers' child."""
