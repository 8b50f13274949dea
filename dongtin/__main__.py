"""`python -m dongtin` is the command `dongtin`."""

from dongtin.cli import main

main()
