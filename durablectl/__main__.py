"""Runs the command line, as `durablectl` and as `python -m durablectl`."""

import gc
import os
import sys

# Most of the objects that a command makes belong to modules and stay; looking through them for garbage again and
# again took a tenth of its time.
_OBJECTS_BETWEEN_COLLECTIONS = 200_000


def main() -> None:
    """Run the program; its version alone is told without loading anything."""
    if sys.argv[1:] == ["--version"]:
        from durablectl import __version__

        sys.stdout.write(f"durablectl {__version__}\n")
        return
    if "_DURABLECTL_COMPLETE" in os.environ:
        from durablectl.cli.completion import answer

        answer(os.environ, sys.argv[1:], sys.stdout)
        return
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    from durablectl.cli.app import main as run

    try:
        run()
    finally:
        # The interpreter would collect everything once more before it ends, which took a sixth of the time of a list.
        gc.freeze()


if __name__ == "__main__":
    main()
