"""Stage 2: the models one can consider, what a request to them costs, and why the others are out."""
