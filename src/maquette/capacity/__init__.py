"""Capacity: what fits on which accelerators, how fast it is, and how many machines a load takes, with intervals."""
