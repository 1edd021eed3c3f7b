"""Run sweeps anew: ``python -m course_lib.sweeps NAME...``, or list them."""

import importlib
import pkgutil
import sys

from course_lib import sweeps


def all_sweeps():
    """Return every sweep of the course, by name."""
    found = {}
    for module in pkgutil.iter_modules(sweeps.__path__):
        if module.name in ("__main__", "sweep"):
            continue
        for value in vars(
            importlib.import_module(f"{sweeps.__name__}.{module.name}")
        ).values():
            if isinstance(value, sweeps.Sweep):
                found[value.name] = value
    return dict(sorted(found.items()))


def main(names):
    """Run the named sweeps and keep their results; return the exit code."""
    known = all_sweeps()
    if unknown := [name for name in names if name not in known]:
        print(
            f"no sweep {unknown[0]!r}, expected one of: {', '.join(known)}",
            file=sys.stderr,
        )
        return 2
    for name in names:
        known[name].save(known[name].run())
    for name, sweep in {} if names else known.items():
        print(f"{name:<32} {len(sweep.points):>5} points, {', '.join(sweep.axes)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
