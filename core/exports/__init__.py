"""Results on their way out: the JSON record, the outputs folder, tables, and an archive that loses nothing."""
