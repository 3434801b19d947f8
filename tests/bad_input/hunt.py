"""`python -m tests.bad_input.hunt lab.losses [EXAMPLES]`: what bad input does wrong, as a list."""

import os
import sys
import tempfile
import warnings

import jax

from tests.bad_input.test_public_callables import SPECIMENS, complaints, traced


def main(prefix: str, examples: str = "20") -> None:
    """Print the complaints about every callable whose name begins with `prefix`."""
    warnings.simplefilter("ignore")
    warnings.filterwarnings("error", category=DeprecationWarning, module="lab")
    jax.config.update("jax_traceback_filtering", "off")
    os.chdir(tempfile.mkdtemp())
    for name, specimen in SPECIMENS.items():
        if name.startswith(prefix):
            for given, complaint in complaints(specimen, int(examples), traced).items():
                print(f"{name}({given}): {complaint}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
