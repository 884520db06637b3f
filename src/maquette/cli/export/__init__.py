"""What `maquette export` asks and shows."""
