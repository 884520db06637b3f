"""Stage 6: the exported bundle: planned, shown as a diff, then written; never over a user's edit unasked."""
