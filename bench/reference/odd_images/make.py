"""Odd image files of all formats, and what Pillow makes of each.

    python bench/reference/odd_images/make.py --out FOLDER [--sample N] [--formats png,jpeg]

Each module of a format has `cases(rng)`, which yields (name, bytes). The folder gets the files and
`index.json`: for each file the digest of its samples in RGB, or the words in which Pillow refuses it.
"""

import argparse
import hashlib
import importlib
import io
import json
import pathlib
import sys
import warnings

import numpy as np
import PIL
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from pictures import to_rgb  # noqa: E402

FORMATS = ("png", "jpeg", "gif", "bmp", "tiff", "webp")
SEED = 20261127


def outcome(data):
    """What the official script sees: the RGB samples' digest, or why there are none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=[f.upper() for f in FORMATS]) as image:
                mode = image.mode
                rgb = to_rgb(image)
    except Exception as error:  # Pillow raises many types for broken files
        return dict(refused=f"{type(error).__name__}: {error}")
    return dict(mode=mode, width=rgb.width, height=rgb.height, sha256=hashlib.sha256(rgb.tobytes()).hexdigest())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--sample", type=int, help="keep so many files of each format, evenly spread")
    parser.add_argument("--formats", default=",".join(FORMATS))
    options = parser.parse_args()
    if PIL.__version__ != "12.3.0":
        parser.error(f"the truth is Pillow 12.3.0's, this is {PIL.__version__}")
    index = {}
    for name in options.formats.split(","):
        module = importlib.import_module(f"{name}_cases")
        made = list(module.cases(np.random.default_rng([SEED, FORMATS.index(name)])))
        if options.sample and len(made) > options.sample:
            made = [made[i * len(made) // options.sample] for i in range(options.sample)]
        folder = options.out / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, data in made:
            (folder / file).write_bytes(data)
            index[f"{name}/{file}"] = outcome(data)
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(index.items()))
    (options.out / "index.json").write_text("{\n" + lines + "\n}\n")
    print(f"{len(index)} files, {sum('refused' in v for v in index.values())} of them refused by Pillow")


if __name__ == "__main__":
    main()
