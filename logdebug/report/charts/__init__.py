"""What a report looks like: frames drawn on axes, and nothing else."""
