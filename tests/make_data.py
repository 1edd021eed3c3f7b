"""Make the files of `course_lib/data` from what scikit-learn ships.

    python tests/make_data.py

The arrays are compared with scikit-learn's by `test_data.py`, so running this changes
nothing unless scikit-learn does. Neither is needed to take the course.
"""

import re
from importlib.resources import files
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parents[1] / "course_lib" / "data"


def digits_arrays():
    """Return the digits as small integers, and the rows of each part of the split.

    The parts are scikit-learn's stratified draws of 360 and 360 with random state 0.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    pixels, labels = load_digits(return_X_y=True)
    settings = {"test_size": 360, "random_state": 0}
    rest, test = train_test_split(np.arange(len(labels)), stratify=labels, **settings)
    train, validation = train_test_split(rest, stratify=labels[rest], **settings)
    return {
        "pixels": pixels.astype(np.uint8),
        "labels": labels.astype(np.uint8),
        "train": train.astype(np.int16),
        "validation": validation.astype(np.int16),
        "test": test.astype(np.int16),
    }


def diabetes_arrays():
    """Return diabetes in its own units and scaled, and the rows of each part."""
    from sklearn.datasets import load_diabetes

    measured, targets = load_diabetes(return_X_y=True, scaled=False)
    scaled, _ = load_diabetes(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(targets)).astype(np.int16)
    train, validation, test = np.split(order, [266, 354])
    return {
        "measured": measured,
        "scaled": scaled,
        "targets": targets,
        "train": train,
        "validation": validation,
        "test": test,
    }


def letters_arrays():
    """Return descriptions of data sets as tokens: 0 for a space, 1 to 26 for a to z.

    Whatever stands between two letters is one space.
    """
    texts = sorted(files("sklearn.datasets.descr").glob("*.rst"))
    text = " ".join(file.read_text("utf-8") for file in texts).lower()
    letters = re.sub("[^a-z]+", " ", text).encode("ascii")
    codes = np.frombuffer(letters, np.uint8)
    return {"tokens": np.where(codes == ord(" "), 0, codes - ord("a") + 1).astype("u1")}


if __name__ == "__main__":
    for name in ("digits", "diabetes", "letters"):
        path = DATA / f"{name}.npz"
        np.savez_compressed(path, **globals()[f"{name}_arrays"]())
        print(f"{path.name}: {path.stat().st_size} bytes")
