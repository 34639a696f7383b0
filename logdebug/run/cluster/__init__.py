"""A run on the workers of a Dask cluster: each incident's agent works where its log lies."""
