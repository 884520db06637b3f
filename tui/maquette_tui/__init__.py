"""The terminal app: six stages on one project, through the same view-model as the notebook and the command line."""
