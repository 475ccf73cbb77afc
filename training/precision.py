"""The network in dynamic int8, to measure what that costs; the product runs float32 and bfloat16."""

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from core.model.engine import Engine, EngineInfo
from core.model.loading import build_network, read_configuration, read_tensors, read_tokens
from core.model.native import Head, NativeEngine, PlainEncoder


def int8_engine(folder: Path, exact: EngineInfo) -> Engine:
    """The checkpoint with PyTorch's dynamic quantisation: int8 weights in every linear layer, activations per call.

    Convolutions and the head stay float32; emotion2vec's web demos that offer int8 do the same. `exact` is what the
    engine in float32 says of itself.
    """
    tokens = read_tokens(folder)
    network = build_network(read_configuration(folder), read_tensors(folder), tokens.num_rows).eval()
    head = Head(network.proj.weight[list(tokens.rows)], network.proj.bias[list(tokens.rows)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torchao takes its place; the arithmetic is the same
        warnings.simplefilter("ignore", UserWarning)
        quantise: Any = torch.ao.quantization.quantize_dynamic
        quantised = quantise(network, {nn.Linear}, dtype=torch.qint8)
    info = replace(exact, precision="int8")
    return NativeEngine(info, PlainEncoder(quantised, torch.float32), head, normalize=network.config.normalize)
