"""Stage 1: what the system must do, as 89 questions with defaults, follow-ups and derived facts."""
