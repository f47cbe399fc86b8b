"""Odd image files of all formats, and what Pillow makes of each.

    python bench/reference/odd_images/make.py --out FOLDER [--sample N] [--formats png,jpeg]

Each module of a format has `cases(rng)`, which yields (name, bytes). The folder gets a folder for each format,
with its files and `index.json`: for each file the digest of its samples in RGB by the two ways of `ImageRules`,
or the words in which Pillow refuses it.
"""

import argparse
import hashlib
import importlib
import io
import json
import pathlib
import re
import sys
import warnings

import numpy as np
import PIL
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from pictures import to_rgb, to_rgb_vllm  # noqa: E402

FORMATS = ("png", "jpeg", "gif", "bmp", "tiff", "webp")
SEED = 20261127
SMALL = 4096


def outcome(data, rules):
    """The RGB samples' digest by one way's rules, or why there are none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=[f.upper() for f in FORMATS]) as image:
                rgb = rules(image)
    except Exception as error:  # Pillow raises many types for broken files
        return dict(refused=f"{type(error).__name__}: {re.sub(' object at 0x[0-9a-f]+', '', str(error))}")
    return dict(width=rgb.width, height=rgb.height, sha256=hashlib.sha256(rgb.tobytes()).hexdigest())


def outcomes(data):
    """By the official script's rules, and by vLLM's where they differ."""
    official = outcome(data, to_rgb)
    if "refused" in official:  # Pillow finds some files broken only once, and has them blank the second time
        return dict(official=official)
    vllm = outcome(data, to_rgb_vllm)
    return dict(official=official) | ({} if vllm == official else dict(vllm=vllm))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--sample", type=int, help="keep so many files of each format, evenly spread, of those that are small")
    parser.add_argument("--formats", default=",".join(FORMATS))
    options = parser.parse_args()
    if PIL.__version__ != "12.3.0":
        parser.error(f"the truth is Pillow 12.3.0's, this is {PIL.__version__}")
    for name in options.formats.split(","):
        module = importlib.import_module(f"{name}_cases")
        made = list(module.cases(np.random.default_rng([SEED, FORMATS.index(name)])))
        if options.sample:
            made = [(file, data) for file, data in made if len(data) <= SMALL]
        if options.sample and len(made) > options.sample:
            made = [made[i * len(made) // options.sample] for i in range(options.sample)]
        folder = options.out / name
        folder.mkdir(parents=True, exist_ok=True)
        index = {}
        for file, data in made:
            assert file not in index, file
            (folder / file).write_bytes(data)
            index[file] = outcomes(data)
        lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(index.items()))
        (folder / "index.json").write_text("{\n" + lines + "\n}\n")
        refused = sum("refused" in v["official"] for v in index.values())
        print(f"{name}: {len(index)} files, {refused} of them refused by Pillow")


if __name__ == "__main__":
    main()
