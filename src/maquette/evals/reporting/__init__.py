"""A run as a report: what the trials say, in the order in which a reader asks. Values and words; no file format."""
