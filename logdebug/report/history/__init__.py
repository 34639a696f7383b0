"""Many reports over time, in SQLite: trends, repeats, and what was seen before."""
