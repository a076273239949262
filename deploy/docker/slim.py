"""Takes out of an environment what no service can need, and compiles the rest: a read-only root keeps no bytecode.

Run by the Dockerfile with the environment's own Python; the folder of the environment is the argument.
"""

import compileall
import shutil
import sys
from pathlib import Path


def slim(packages: Path) -> None:
    """Remove the tests of packages and those of babel's thousand locales that have no catalogue of ours; compile."""
    for tests in [path for path in packages.rglob("tests") if path.is_dir()]:
        shutil.rmtree(tests, ignore_errors=True)
    spoken = {"root", *(path.name for path in (packages / "services" / "pulse_bot" / "locales").iterdir())}
    for locale in (packages / "babel" / "locale-data").glob("*.dat"):
        if locale.stem.split("_")[0] not in spoken:
            locale.unlink()
    if not compileall.compile_dir(packages, quiet=2, workers=0):
        sys.stderr.write("some files could not be compiled; they will be, each time they are used\n")


if __name__ == "__main__":
    (site_packages,) = Path(sys.argv[1]).glob("lib/python3*/site-packages")
    slim(site_packages)
