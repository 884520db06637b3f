"""The commands of `maquette capacity`, a module each."""
