"""`python -m tests.bad_input.hunt lab.losses [EXAMPLES]`: what bad input does wrong, as a list."""

import os
import sys
import tempfile
import warnings

from tests.bad_input.specimens import collected
from tests.bad_input.test_public_callables import complaints


def main(prefix: str, examples: str = "24") -> None:
    """Print the complaints about every callable whose name begins with `prefix`."""
    warnings.simplefilter("ignore")
    os.chdir(tempfile.mkdtemp())
    for name, specimen in collected().items():
        if name.startswith(prefix):
            for given, complaint in complaints(specimen, int(examples)).items():
                print(f"{name}({given}): {complaint}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
