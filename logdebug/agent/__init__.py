"""One incident → one diagnosis."""
