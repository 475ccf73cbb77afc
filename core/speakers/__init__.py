"""Who speaks: vectors of voices, turns, names across recordings."""
