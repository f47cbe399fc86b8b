"""Writes small arrays as NumPy does, for the tests of vl4j's own .npy files.

    python bench/reference/npy_files.py server/src/test/resources/npy
"""

import sys
from pathlib import Path

import numpy

ARRAYS = {
    "float32": numpy.array([[0, 0.125, -1e-30], [numpy.nan] * 3, [3.4028235e38, -0.0, 1 / 3]], "<f4"),
    "int8": numpy.array([[-128, -1, 127, 5], [0] * 4], "int8"),
    "uint8": numpy.array([[0, 128, 255]], "uint8"),
    "empty": numpy.zeros((0, 5), "<f4"),
}

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for name, array in ARRAYS.items():
    numpy.save(folder / f"{name}.npy", array)
