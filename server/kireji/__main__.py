"""`python -m kireji` is the `kireji` command."""

from kireji.cli.main import main

main()
