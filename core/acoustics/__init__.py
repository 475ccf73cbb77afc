"""What is heard beside the emotion: where somebody speaks, how high, how loud."""

from core.acoustics.prosody import Prosody, prosody
from core.acoustics.speech import SpeechActivity, speech_activity

__all__ = ["Prosody", "SpeechActivity", "prosody", "speech_activity"]
