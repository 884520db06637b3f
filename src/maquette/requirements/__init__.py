"""Stage 1: what the system must do, as 79 questions with defaults, follow-ups and derived facts."""
