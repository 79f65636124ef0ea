"""Share: indicators leave without a name; bundles of other regions come in; incidents become campaigns."""
