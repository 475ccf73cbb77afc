"""What checkpoints exist, where each lives, fetching and verifying them."""

from core.checkpoints.registry import BUNDLED_DIR, CHECKPOINTS, Checkpoint, find
from core.checkpoints.resolving import CheckpointState, resolve, states

__all__ = ["BUNDLED_DIR", "CHECKPOINTS", "Checkpoint", "CheckpointState", "find", "resolve", "states"]
