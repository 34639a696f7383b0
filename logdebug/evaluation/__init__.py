"""Measure analysts: labelled incidents in, scores out, with the uncertainty that a few cases leave."""
