"""What is heard beside the emotion: where somebody speaks, how high, how loud."""

from core.acoustics.prosody import Prosody, prosody
from core.acoustics.speech import SpeechActivity, loud_frames, speech_activity

__all__ = ["Prosody", "SpeechActivity", "loud_frames", "prosody", "speech_activity"]
