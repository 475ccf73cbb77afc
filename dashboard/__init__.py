"""The Streamlit side: everything that draws, and the one process-level holder of models."""
