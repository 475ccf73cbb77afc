"""Widgets that several pages share. Each draws one thing and owns its keys."""
