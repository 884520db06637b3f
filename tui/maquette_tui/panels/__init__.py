"""One panel a stage: its state, its main table, and what can be done there."""
