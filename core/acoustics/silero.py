"""Silero's voice activity network at 16 kHz (MIT licence, snakers4/silero-vad v6), written plainly.

The weights come in the `silero-vad` package; the layers are those of its published 16 kHz network: a short-time Fourier
transform as a convolution, four convolutions, an LSTM over chunks of 512 samples, each heard with the last 64 samples
before it. Here all chunks of a block go through the convolutions at once, and the LSTM's steps are NumPy's: the same
numbers (to 1e-5), and an hour of sound in seconds.
"""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from core.acoustics.speech import CHUNK_SAMPLES
from core.results import Array

CONTEXT_SAMPLES = 64
_FFT_SIZE, _HOP = 256, 128
_BINS = _FFT_SIZE // 2 + 1  # 129
_WIDTH = 128
_NAMES = {  # ours: theirs, of the 16 kHz network
    "stft_conv.weight": "stft.forward_basis_buffer",
    **{f"conv{k + 1}.{part}": f"encoder.{k}.reparam_conv.{part}" for k in range(4) for part in ("weight", "bias")},
    **{f"lstm.{part}": f"decoder.rnn.{part}" for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")},
    **{f"final_conv.{part}": f"decoder.decoder.2.{part}" for part in ("weight", "bias")},
}


@dataclass(frozen=True)
class Memory:
    """The LSTM's state between blocks: both (_WIDTH,) float32."""

    hidden: Array
    cell: Array

    @classmethod
    def empty(cls) -> "Memory":
        return cls(np.zeros(_WIDTH, dtype=np.float32), np.zeros(_WIDTH, dtype=np.float32))


class Silero(nn.Module):
    """Samples → the probability of speech in each chunk."""

    def __init__(self) -> None:
        super().__init__()
        self.stft_conv = nn.Conv1d(1, 2 * _BINS, _FFT_SIZE, stride=_HOP, bias=False)
        self.conv1 = nn.Conv1d(_BINS, _WIDTH, 3, padding=1)
        self.conv2 = nn.Conv1d(_WIDTH, 64, 3, stride=2, padding=1)
        self.conv3 = nn.Conv1d(64, 64, 3, stride=2, padding=1)
        self.conv4 = nn.Conv1d(64, _WIDTH, 3, padding=1)
        self.lstm = nn.LSTMCell(_WIDTH, _WIDTH)
        self.final_conv = nn.Conv1d(_WIDTH, 1, 1)

    @torch.inference_mode()
    def forward(self, samples: Array, memory: Memory) -> tuple[Array, Memory]:
        """(CONTEXT_SAMPLES + n · CHUNK_SAMPLES,) float32 → (n,) float32 probabilities, and the state after them."""
        heard = np.lib.stride_tricks.sliding_window_view(samples, CONTEXT_SAMPLES + CHUNK_SAMPLES)[::CHUNK_SAMPLES]
        x = F.pad(torch.from_numpy(heard.copy()), (0, CONTEXT_SAMPLES), mode="reflect")
        basis = self.stft_conv.weight.flatten(1)
        x = (x.unfold(1, _FFT_SIZE, _HOP) @ basis.T).transpose(1, 2)
        x = (x[:, :_BINS].square() + x[:, _BINS:].square()).sqrt()
        for layer in (self.conv1, self.conv2, self.conv3, self.conv4):
            x = F.relu(layer(x))
        gates = F.linear(x.squeeze(-1), self.lstm.weight_ih, self.lstm.bias_ih + self.lstm.bias_hh)
        hidden, memory = _remembered(gates.numpy(), self.lstm.weight_hh.numpy(), memory)
        probabilities: Array = (
            self.final_conv(F.relu(torch.from_numpy(hidden)).unsqueeze(-1)).sigmoid().flatten().numpy()
        )
        return probabilities, memory


def _remembered(gates: Array, weight: Array, memory: Memory) -> tuple[Array, Memory]:
    """An LSTM's steps (Hochreiter & Schmidhuber 1997), from what its gates take of the input.

    PyTorch's takes a call of its threads a step, which on a busy machine is a thousand times the arithmetic. Gates lie
    as PyTorch's do: input, forget, cell, output; σ(z) = (1 + tanh(z / 2)) / 2, so that one tanh serves all four.

    Args:
        gates: (num_steps, 4 · _WIDTH) float32; `weight`: (4 · _WIDTH, _WIDTH).

    Returns:
        (num_steps, _WIDTH) float32, and the state after the last step.
    """
    halves = np.full(4 * _WIDTH, 0.5, dtype=np.float32)
    halves[2 * _WIDTH : 3 * _WIDTH] = 1
    recurrent, driven = np.ascontiguousarray(weight.T) * halves, gates * halves
    hidden, cell = memory.hidden, memory.cell
    found = np.empty((len(gates), _WIDTH), dtype=np.float32)
    for step in range(len(gates)):
        z = np.tanh(driven[step] + hidden @ recurrent)
        into, kept, new, out = z[:_WIDTH], z[_WIDTH : 2 * _WIDTH], z[2 * _WIDTH : 3 * _WIDTH], z[3 * _WIDTH :]
        cell = ((1 + kept) * cell + (1 + into) * new) / 2
        hidden = (1 + out) * np.tanh(cell) / 2
        found[step] = hidden
    return found, Memory(hidden, cell)


def load_silero(published: Path) -> Silero:
    """The network with the weights of the package's `silero_vad.jit`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TorchScript's end is announced; only weights are taken
        tensors = torch.jit.load(str(published), map_location="cpu").state_dict()  # type: ignore[no-untyped-call]
    network = Silero()
    network.load_state_dict({ours: tensors[f"_model.{theirs}"] for ours, theirs in _NAMES.items()})
    return network.eval()
