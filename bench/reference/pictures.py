"""Input pictures, and what Pillow makes of them."""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageOps


def picture(seed, width, height, channels=3):
    """Smooth colour gradients, a few shapes and some noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    planes = []
    for _ in range(channels):
        fx, fy, phase = rng.uniform(0.02, 0.12), rng.uniform(0.02, 0.12), rng.uniform(0, 6)
        planes.append(127.5 + 90 * np.sin(fx * x + phase) * np.cos(fy * y + phase / 2))
    array = np.stack(planes, -1)
    mode = {3: "RGB", 4: "RGBA"}[channels]
    image = Image.fromarray(np.clip(array, 0, 255).astype(np.uint8), mode)
    draw = ImageDraw.Draw(image)
    for kind in ("rectangle", "ellipse", "line"):
        a = sorted(int(v) for v in rng.integers(0, width, 2))
        b = sorted(int(v) for v in rng.integers(0, height, 2))
        colour = tuple(int(v) for v in rng.integers(0, 256, channels))
        getattr(draw, kind)([a[0], b[0], a[1], b[1]], fill=colour)
    noisy = np.asarray(image, dtype=np.int16) + rng.integers(-12, 13, (height, width, channels))
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8), mode)


def to_rgb(image):
    """As qwen-vl-utils does: alpha over white for RGBA, plain conversion for all else."""
    if image.mode == "RGBA":
        ground = Image.new("RGB", image.size, (255, 255, 255))
        ground.paste(image, mask=image.split()[3])
        return ground
    return image.convert("RGB")


def to_rgb_vllm(image):
    """As vLLM's ImageMediaIO: EXIF orientation, then whatever is transparent over white, but not a colour of an RGB image.

    But what cannot be decoded stays refused. vLLM hides Pillow's error, asks again, and gets what had been decoded until then.
    """
    image.load()
    try:
        image = ImageOps.exif_transpose(image)
    except Exception:  # as it does where the metadata are broken
        pass
    if image.mode == "RGB":
        return image
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        return to_rgb(image.convert("RGBA"))
    return image.convert("RGB")


def utils_resize(height, width, least, most, factor=32):
    """smart_resize of qwen-vl-utils 0.0.14, after its source. Unlike transformers', it has no side of 0 on the way."""
    if max(height, width) / min(height, width) > 200:
        raise ValueError("too narrow")
    h = max(factor, round(height / factor) * factor)
    w = max(factor, round(width / factor) * factor)
    if h * w > most:
        beta = math.sqrt(height * width / most)
        h, w = math.floor(height / beta / factor) * factor, math.floor(width / beta / factor) * factor
    elif h * w < least:
        beta = math.sqrt(least / (height * width))
        h, w = math.ceil(height * beta / factor) * factor, math.ceil(width * beta / factor) * factor
    return h, w


def fit(image, smart_resize, min_pixels, max_pixels, factor=32):
    height, width = smart_resize(image.height, image.width, factor, min_pixels, max_pixels)
    return image.resize((width, height))  # Pillow's default for RGB is bicubic


INPUTS = {  # name: seed, width, height, channels
    "photo_75x110.png": (11, 75, 110, 3),
    "tiny_20x33.png": (12, 20, 33, 3),
    "wide_150x97.png": (13, 150, 97, 3),
    "exact_64x64.png": (14, 64, 64, 3),
    "alpha_90x70.png": (15, 90, 70, 4),
    "tall_40x170.png": (16, 40, 170, 3),
}


def write_inputs(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, (seed, width, height, channels) in INPUTS.items():
        picture(seed, width, height, channels).save(folder / name, optimize=True)
