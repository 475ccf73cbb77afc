"""EmoScope's library: what a voice feels, second by second. It knows no Streamlit."""

import os

# Read when torch is imported. By default its idle OpenMP threads spin for milliseconds after each layer: where another
# program wants the same cores, a short clip takes twice as long (bundled checkpoint, 3 s, 2 busy cores).
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
