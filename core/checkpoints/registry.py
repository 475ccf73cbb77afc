"""The checkpoints EmoScope knows by name."""

from dataclasses import dataclass
from pathlib import Path

BUNDLED_DIR = Path(__file__).parent / "bundled"
SMALL_FILES = ("config.yaml", "configuration.json", "tokens.txt")
HUB_FILES = ("model.pt", *SMALL_FILES)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One checkpoint: its name here, its ids on the hubs (None: only bundled), size and licence.

    `size_bytes` is about what the hub's `model.pt` takes; the optimizer's state in it is never read. `languages` are
    those of the speech it learnt from, by their ISO 639-1 codes; empty where that is for the hub's page to say. `files`
    are those of the hub's repository that it consists of.
    """

    name: str
    title: str
    modelscope_id: str | None
    huggingface_id: str | None
    num_parameters: int
    size_bytes: int
    licence: str
    languages: tuple[str, ...] = ()
    files: tuple[str, ...] = HUB_FILES

    @property
    def is_bundled(self) -> bool:
        return self.modelscope_id is None


_HUB_LICENCE = "not verified here: read it on the model's page on the hub"


def _published(size: str, num_parameters: int, size_bytes: int) -> Checkpoint:
    name = f"emotion2vec_plus_{size}"
    return Checkpoint(
        name,
        f"emotion2vec+ {size}",
        f"iic/{name}",
        f"emotion2vec/{name}",
        num_parameters,
        size_bytes,
        _HUB_LICENCE,
    )


CHECKPOINTS: tuple[Checkpoint, ...] = (
    Checkpoint("bundled", "EmoScope bundled", None, None, 0, 0, "CC BY-NC-SA 4.0", ("bn", "de", "en", "pl")),
    _published("seed", 93_000_000, 1_120_000_000),
    _published("base", 93_000_000, 1_120_000_000),
    _published("large", 162_000_000, 1_950_000_000),
)


# Models of voices, which the same hubs hold; none of these says an emotion.
VOICE_CHECKPOINTS: tuple[Checkpoint, ...] = (
    Checkpoint(
        "campplus",
        "CAM++",
        "iic/speech_campplus_sv_zh-cn_16k-common",
        "funasr/campplus",
        7_200_000,
        28_000_000,
        _HUB_LICENCE,
        files=("campplus_cn_common.bin", "config.yaml", "configuration.json"),
    ),
)


def find(name: str) -> Checkpoint | None:
    """The registered checkpoint of that name or hub id, among those that say emotions."""
    return _named(name, CHECKPOINTS)


def find_voices(name: str) -> Checkpoint | None:
    """The same among the models of voices."""
    return _named(name, VOICE_CHECKPOINTS)


def _named(name: str, checkpoints: tuple[Checkpoint, ...]) -> Checkpoint | None:
    for checkpoint in checkpoints:
        if name in (checkpoint.name, checkpoint.modelscope_id, checkpoint.huggingface_id):
            return checkpoint
    return None
