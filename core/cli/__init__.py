"""`emoscope …`: analyse clips, look after checkpoints, serve the dashboard, and say how this machine is set up."""

from core.cli.main import main

__all__ = ["main"]
