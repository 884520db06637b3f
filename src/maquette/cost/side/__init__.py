"""What a design pays beside its models, one module for each kind of thing: facts and prices in, lines out."""
