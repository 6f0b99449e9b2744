"""`python -m streams`: the `stock` command."""

from streams.cli import main

main()
