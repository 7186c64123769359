"""GPTQ, AWQ, bitsandbytes and unquantized safetensors checkpoints into GGUF; in a repack or download child."""
