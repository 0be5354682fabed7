"""``python -m painter_kit`` is the same as ``painterkit``; torchrun needs it."""

from painter_kit.cli.main import main

if __name__ == "__main__":
    main()
