"""A configuration's sizes come from outside: each is checked before anything is built from it."""

from collections.abc import Mapping
from typing import Any

from core.errors import CheckpointError

Bounds = Mapping[str, tuple[float, float]]


def require_sizes(config: Any, bounds: Bounds) -> None:
    """Refuse a size out of bounds, or an `embed_dim` that does not divide into heads.

    Args:
        config: a dataclass with the attributes that `bounds` names, `embed_dim` and `num_heads`.
        bounds: by name, the least and the most; whole numbers are wanted where both are.

    Raises:
        CheckpointError: names the value and what is accepted.
    """
    for name, (least, most) in bounds.items():
        value = getattr(config, name)
        whole = isinstance(least, int) and isinstance(most, int)
        if not _is_number(value, whole=whole) or not least <= value <= most:
            raise CheckpointError(
                f"config.yaml sets {name} to {value!r:.60}; {least:g} to {most:g} is accepted, "
                "so take the folder from the hub unchanged."
            )
    if config.embed_dim % config.num_heads:
        raise CheckpointError(
            f"config.yaml divides embed_dim {config.embed_dim} into {config.num_heads} heads, which leaves a rest; "
            "take the folder from the hub unchanged."
        )


def _is_number(value: object, *, whole: bool) -> bool:
    """Booleans are numbers to Python, not to us."""
    return isinstance(value, int if whole else int | float) and not isinstance(value, bool)
