"""What a notebook shows of a run while it goes on."""
