"""Which incidents explain which: onset, names, shared ids, and the skew of clocks."""
