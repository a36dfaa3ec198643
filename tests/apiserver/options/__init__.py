"""One module an option group; flags go in, rules come out."""
