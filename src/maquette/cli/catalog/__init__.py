"""The commands below `maquette catalog`, one module each; loaded when they run."""
