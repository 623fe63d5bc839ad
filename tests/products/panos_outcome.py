"""How the scripts that read what is written for PAN-OS are called, and how they tell what they found."""
import sys
from pathlib import Path


def tell(check, usage, said, wrong):
    """Runs `check` on the folder of the command line: `main` of a script, which gives errors and a count.

    `usage` is the script's own text, `said` what is true of the things counted, `wrong` what errors are called.
    """
    if len(sys.argv) != 2:
        sys.exit(usage)
    name = Path(sys.argv[0]).stem
    errors, count = check(sys.argv[1])
    for error in errors:
        print(error, file=sys.stderr)
    if errors:
        sys.exit(f"{name}: {len(errors)} {wrong}")
    print(f"{name}: {count} {said}")
