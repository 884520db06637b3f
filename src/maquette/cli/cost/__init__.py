"""The commands below `maquette cost`: check, diff and flips, and how draws and differences are printed."""
