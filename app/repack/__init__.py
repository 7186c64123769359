"""GPTQ, AWQ, bitsandbytes and unquantized safetensors checkpoints into GGUF; runs in the repack child."""
