"""How fast what happens becomes what is done, with `tocsin serve` and, where accounts are cut, a real provider."""
