"""One HTML file that holds a recording's timeline: figure, sound, evidence, settings; it needs nothing else."""

from core.exports.report.page import MAX_SOUND_S, figure_html, html_report

__all__ = ["MAX_SOUND_S", "figure_html", "html_report"]
