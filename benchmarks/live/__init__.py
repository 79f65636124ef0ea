"""How fast what happens becomes what is done."""
