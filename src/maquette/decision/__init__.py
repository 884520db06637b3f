"""Stage 5: the decision with its reasons: options side by side, what is open, what would overturn it."""
