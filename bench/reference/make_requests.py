"""The requests of bench/compare-requests: seeded texts of given lengths and pictures, as files that all contenders read.

CASE.warmK.json warms a contender up, CASE.K.json is asked in round K. No two requests share a text or a picture.
"""

import argparse
import json
import random
import re
from pathlib import Path

from pictures import picture
from prompts import INSTRUCTION, load_tokenizer

QUERY_TOKENS = 32
# Documents' lengths around their mean.
SPREAD = 0.25
WARM_DOCUMENTS = 2
ATTEMPTS = 1000


class Words:
    """Texts of as many tokens as are asked for: words that are one token each behind a blank."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.words = sorted(token[1:] for token in tokenizer.get_vocab() if re.fullmatch("\u0120[a-z]{2,}", token))
        self.first = [word for word in self.words if self.tokens(word) == 1]
        if not self.first:
            raise SystemExit("make_requests.py: the tokenizer has no word that is one token with a blank and without")

    def tokens(self, text):
        return len(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def text(self, rng, tokens):
        for _ in range(ATTEMPTS):
            text = " ".join([rng.choice(self.first), *rng.choices(self.words, k=tokens - 1)])
            if self.tokens(text) == tokens:
                return text
        raise SystemExit(f"make_requests.py: found no text of {tokens} tokens")


class Case:
    KINDS = {
        "text": "(text)-([1-9]\\d*)x([1-9]\\d*)",
        "query-image": "(query-image|repeated)-([1-9]\\d*)x([1-9]\\d*)",
        "image-documents": "(image-documents)-([1-9]\\d*)",
    }

    def __init__(self, name, side):
        self.name, self.side = name, side
        for kind, pattern in self.KINDS.items():
            match = re.fullmatch(pattern, name)
            if match:
                self.kind = kind
                self.documents = int(match[2])
                # The lengths are the case's, so that every round has as many tokens.
                rng, mean = random.Random(name), int(match[3]) if match.re.groups == 3 else 0
                self.lengths = [max(1, round(mean * rng.uniform(1 - SPREAD, 1 + SPREAD))) for _ in range(self.documents)]
                return
        raise SystemExit(f"--cases: expected text-NxT, query-image-NxT, repeated-NxT or image-documents-N, found {name!r}")

    def request(self, variant, documents, words, out):
        """A request; `variant` names it."""
        rng = random.Random(f"{self.name} {variant}")
        pictures = 0

        def image():
            nonlocal pictures
            pictures += 1
            file = out / f"{self.name}.{variant}.{pictures}.png"
            picture(rng.randrange(1 << 32), self.side, self.side).save(file)
            return str(file)

        query = {"text": words.text(rng, QUERY_TOKENS)}
        if self.kind == "query-image":
            query["image"] = image()
        # Its first words already are new, so that no engine finds a prompt's beginning that it has seen.
        request = {"instruction": f"Request {variant}. {INSTRUCTION}", "query": query}
        request["documents"] = [
            {"image": image()} if self.kind == "image-documents" else {"text": words.text(rng, length)}
            for length in self.lengths[:documents]
        ]
        (out / f"{self.name}.{variant}.json").write_text(json.dumps(request))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cases", required=True)
    parser.add_argument("--side", type=int, required=True, help="of a picture, in pixels")
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--warm", type=int, required=True, help="requests to warm up with")
    options = parser.parse_args()
    cases = [Case(name, options.side) for name in options.cases.split(",")]
    words = Words(load_tokenizer(options.model / "tokenizer.json"))
    for case in cases:
        for i in range(options.warm):
            case.request(f"warm{i + 1}", min(WARM_DOCUMENTS, case.documents), words, options.out)
        for i in range(options.rounds):
            case.request(f"{i + 1}", case.documents, words, options.out)


main()
