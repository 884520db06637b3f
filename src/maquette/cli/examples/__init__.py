"""The commands of `maquette data`, one module each."""
