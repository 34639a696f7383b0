"""Secrets: found by rules, and replaced by placeholders in all that leaves the process."""
