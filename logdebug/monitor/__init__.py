"""The second terminal: what goes on in the runs of a directory of sessions, read from disk, and what steers them."""
