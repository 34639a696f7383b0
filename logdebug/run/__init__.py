"""Many incidents → one report."""
