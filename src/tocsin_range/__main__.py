"""`python -m tocsin_range`."""

from tocsin_range.cli import main

main()
