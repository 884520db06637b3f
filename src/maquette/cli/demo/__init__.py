"""`maquette demo`: the whole story on bundled models, offline and without a key; everything in it is computed."""
