"""What an engine is told and what it answers, as values: models, loads, messages, sampling, prompts."""
