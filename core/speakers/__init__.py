"""Who speaks: vectors of voices, turns in a recording, names across recordings.

Importing this brings neither torch nor librosa: models are read when an embedder first hears something.
"""

from core.speakers.cataloguing import add_heard_vectors, add_speaker_vectors, without_vector
from core.speakers.clustering import centred, cluster_voices
from core.speakers.embedding import VoiceEmbedder
from core.speakers.feelings import Feeling, feelings
from core.speakers.models import VOICE_MODELS, VoiceModel, choose
from core.speakers.naming import Named, enrolled_in, identify, names_for
from core.speakers.scoring import DiarisationError, diarisation_error
from core.speakers.turns import Conversation, TurnOptions, conversation, speaker_turns

__all__ = [
    "VOICE_MODELS",
    "Conversation",
    "DiarisationError",
    "Feeling",
    "Named",
    "TurnOptions",
    "VoiceEmbedder",
    "VoiceModel",
    "add_heard_vectors",
    "add_speaker_vectors",
    "centred",
    "choose",
    "cluster_voices",
    "conversation",
    "diarisation_error",
    "enrolled_in",
    "feelings",
    "identify",
    "names_for",
    "speaker_turns",
    "without_vector",
]
