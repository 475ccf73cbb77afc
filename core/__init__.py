"""EmoScope's library: what a voice feels, second by second. It knows no Streamlit."""
