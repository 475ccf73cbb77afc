"""Speed and memory, side by side with FunASR in one run."""
