"""Alerts and their runbooks: which failures matter to this project, when each is told, and what to do then."""
