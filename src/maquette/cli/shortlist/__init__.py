"""The commands under `maquette shortlist`, each with what it prints as text and as data."""
