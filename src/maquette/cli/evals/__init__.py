"""The commands below `maquette eval`, one module each; loaded when they run."""
