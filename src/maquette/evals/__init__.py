"""Stage 3: quick evaluations of candidates on the user's own examples, with intervals, a cap and a resumable log."""
