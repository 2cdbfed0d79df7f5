"""`python -m ops` is `dayfive`."""

from ops.cli import main

main()
