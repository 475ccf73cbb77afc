"""emotion2vec in PyTorch: the network, its loading, and the engine that scores windows."""
