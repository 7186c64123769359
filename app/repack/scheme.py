"""Where a checkpoint says how its weights are quantized; the tensors have to agree.

Layouts: `quantization_config` in config.json (today), `quantize_config.json` beside it (GPTQ in 2023),
`quant_config.json` (AWQ in 2023), or nothing at all, when the tensors' names alone tell.
"""

from __future__ import annotations

from app.core.checkpoints.quantized import Schemes, schemes_of
from app.core.checkpoints.repack_errors import ConfigUnusable
from app.repack.checkpoint import Checkpoint
from app.repack.folder import CONFIG, Settings


def read_schemes(checkpoint: Checkpoint) -> Schemes:
    """What the checkpoint says of itself.

    Raises:
        QuantizationUnknown: by a method that is not repacked.
        ConfigUnusable: the settings make no sense.
    """
    return schemes_of(_stated(checkpoint), checkpoint.tensors)


def _stated(checkpoint: Checkpoint) -> Settings:
    found = checkpoint.config.get("quantization_config")
    if found is not None:
        if not isinstance(found, dict):
            raise ConfigUnusable(file=CONFIG, reason="quantization_config holds no settings")
        return found
    if older := checkpoint.json("quantize_config.json"):
        return {"quant_method": "gptq", **older}
    if older := checkpoint.json("quant_config.json"):
        names = {"w_bit": "bits", "q_group_size": "group_size"}
        return {"quant_method": "awq", **{names.get(key, key): value for key, value in older.items()}}
    return {}
