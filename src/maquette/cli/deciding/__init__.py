"""What `maquette decide` and `maquette rules` print."""
