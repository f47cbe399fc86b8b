"""Seeded rerank requests of all kinds, as bodies of /v1/rerank. The standard library alone."""

import base64
import json
import random
import struct
import zlib

WORDS = ("red circle blue square green triangle light water the of a plants make sugar from history planet moon small "
         "large yellow photosynthesis instructions and is not round corner sea 42 7 naïve Straße 東京 😀 \n \t").split(" ")
MEDIA_TYPES = {".png": "image/png", ".jpg": "image/jpeg"}
# Share of requests that are asked once more, to be answered from what is kept.
REPEATED = 0.06


def data_url(data, media_type="image/png"):
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def png(width, height, rng):
    """A file of few colors in a pattern; stored, not compressed, so that every zlib writes the same bytes."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    colors = [bytes(rng.randrange(256) for _ in range(3)) for _ in range(5)]
    step, slope = rng.randrange(3, 40), rng.randrange(1, 9)
    rows = b"".join(b"\0" + b"".join(colors[(x * slope + y * 3) // step % len(colors)] for x in range(width))
                    for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")


class Mix:
    def __init__(self, seed, pictures):
        self.rng = random.Random(seed)
        self.files = [data_url(file.read_bytes(), MEDIA_TYPES[file.suffix]) for file in pictures]
        self.queries = [self.words(1, 14) for _ in range(60)]
        self.beginnings = [self.words(20, 160) for _ in range(8)]
        self.seen_pictures = [self.new_picture() for _ in range(12)]

    def words(self, least, most):
        return " ".join(self.rng.choice(WORDS) for _ in range(self.rng.randint(least, most)))

    def new_picture(self):
        if self.rng.random() < 0.4:
            return self.rng.choice(self.files)
        return data_url(png(self.rng.randint(5, 150), self.rng.randint(5, 150), self.rng))

    def picture(self):
        """Sometimes with text before or after it, or with a second one."""
        url = self.rng.choice(self.seen_pictures) if self.rng.random() < 0.5 else self.new_picture()
        parts = [{"type": "image_url", "image_url": {"url": url}}]
        kind = self.rng.randrange(5)
        if kind in (0, 1):
            parts.insert(kind, {"type": "text", "text": self.words(1, 20)})
        elif kind == 2:
            parts.append({"type": "image_url", "image_url": {"url": self.rng.choice(self.seen_pictures)}})
        return {"content": parts}

    def documents(self):
        kind = self.rng.randrange(8)
        if kind < 3:
            return [self.words(1, 25) for _ in range(self.rng.randint(1, 6))]
        if kind == 3:
            return [self.words(1, 8) for _ in range(self.rng.randint(12, 30))]
        if kind == 4:
            return [self.words(150, 700)] + [self.words(1, 60) for _ in range(self.rng.randrange(3))]
        if kind == 5:
            beginning = self.rng.choice(self.beginnings)
            return [f"{beginning} {self.words(0, 12)}" for _ in range(self.rng.randint(1, 4))]
        if kind == 6:
            return [self.picture() for _ in range(self.rng.randint(1, 3))]
        return [self.picture() if self.rng.random() < 0.4 else self.words(1, 30) for _ in range(self.rng.randint(1, 4))]

    def request(self):
        request = {"query": self.rng.choice(self.queries) if self.rng.random() < 0.85 else self.picture(),
                   "documents": self.documents()}
        if self.rng.random() < 0.3:
            request["instruction"] = f"Find what is {self.words(1, 5)}."
        if self.rng.random() < 0.15:
            request["max_tokens_per_doc"] = self.rng.randint(1, 60)
        return request


def mixed_requests(seed, count, pictures):
    """Texts of many lengths and alike beginnings, pictures, limits, and repetitions; the first kinds come early."""
    mix, requests = Mix(seed, pictures), []
    while len(requests) < count:
        again = requests and mix.rng.random() < REPEATED
        requests.append(mix.rng.choice(requests) if again else mix.request())
    return requests


def fixture_requests(fixtures, checkpoint):
    """The prompts that the engine's tests compare with transformers."""
    def side(parts):
        # No parts at all are the same as an empty text, which has a spelling.
        return "" if not parts else {"content": [
            {"type": "text", "text": part["text"]} if "text" in part else
            {"type": "image_url", "image_url": {"url": data_url((fixtures / part["image"]).read_bytes())}}
            for part in parts]}

    requests = []
    for case in json.loads((fixtures / checkpoint / "cases.json").read_text())["cases"]:
        request = {"query": side(case["query"]), "documents": [side(case["document"])]}
        if case["instruction"] is not None:
            request["instruction"] = case["instruction"]
        requests.append(request)
    return requests
