"""
How often the right document is the first of five and of fifty, on draws that training never saw.

    python bench/reference/demo_embedder/evaluate.py
"""

import argparse
import random

import torch
from peft import PeftModel
from transformers.utils import logging

import world
from embedder import SISTER, Embedder

SHAPES = world.Shapes()


def any_other(query, right, document):
    return not world.answers(document, query)


def nothing_common(query, right, document):
    return all(document.about.get(key) != value for key, value in right.about.items())


def only(key):
    """Documents that differ from the right one in nothing but this."""
    return lambda query, right, document: (
        not world.answers(document, query)
        and all((document.about.get(k) == v) != (k == key) for k, v in right.about.items()))


KINDS = {
    "keywords, pairs of words never seen": (world.keywords, any_other),
    "capitals": (world.capitals, any_other),
    "topics, sentences never seen": (world.topics, any_other),
    "shapes, text to text": (SHAPES.text_text, any_other),
    "text to picture, other colour and shape": (SHAPES.text_image, nothing_common),
    "text to picture": (SHAPES.text_image, any_other),
    "text to picture, other colour alone": (SHAPES.text_image, only("colour")),
    "text to picture, other shape alone": (SHAPES.text_image, only("shape")),
    "picture to text": (SHAPES.image_text, any_other),
    "picture to picture": (SHAPES.image_image, any_other),
    "text to picture with caption": (SHAPES.text_both, any_other),
}


@torch.no_grad()
def accuracies(embedder, seed, draws):
    """Of each kind, and of all kinds together: the shares of firsts of 5 and of 50."""
    rows, everything = {}, []
    for name, (draw, wrong) in KINDS.items():
        rng = random.Random(f"{seed} {name}")
        pairs = [draw(rng, True) for _ in range(draws)]
        pool = [draw(rng, True)[1] for _ in range(4 * draws)]
        queries = embedder.vectors([query for query, _ in pairs])
        rights = embedder.vectors([document for _, document in pairs])
        others = embedder.vectors(pool)
        everything.append((pairs, queries, rights, pool, others))
        rows[name] = firsts(rng, pairs, queries, rights, pool, others, wrong)
        embedder.kept.clear()
    rng = random.Random(f"{seed} all")
    pool, others = [item for each in everything for item in each[3]], torch.cat([each[4] for each in everything])
    pairs = [pair for each in everything for pair in each[0]]
    queries, rights = (torch.cat([each[i] for each in everything]) for i in (1, 2))
    rows["all kinds of documents together"] = firsts(rng, pairs, queries, rights, pool, others, any_other)
    return rows


def firsts(rng, pairs, queries, rights, pool, others, wrong):
    found = {5: 0, 50: 0}
    counted = dict(found)
    for (query, right), asked, own in zip(pairs, queries, rights):
        candidates = [i for i, document in enumerate(pool) if wrong(query, right, document)]
        scores = others @ asked
        for count in found:
            if len(candidates) >= count - 1:
                chosen = rng.sample(candidates, count - 1)
                counted[count] += 1
                found[count] += bool(asked @ own > scores[chosen].max())
    return tuple(found[count] / counted[count] if counted[count] else None for count in found)


def table(rows):
    def share(value):
        return "" if value is None else f"{value:.2f}"

    lines = ["| query and documents | first of 5 | first of 50 |", "|---|---|---|"]
    return "\n".join(lines + [f"| {name} | {share(five)} | {share(fifty)} |" for name, (five, fifty) in rows.items()])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--adapter", default=SISTER)
    parser.add_argument("--seed", type=int, default=2027)
    parser.add_argument("--draws", type=int, default=150)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    logging.set_verbosity_error()
    embedder = Embedder(lambda model: PeftModel.from_pretrained(model, options.adapter).eval())
    print(table(accuracies(embedder, options.seed, options.draws)))


if __name__ == "__main__":
    main()
