"""
Trains the adapter that makes an embedder of the demo reranker: InfoNCE in both directions, with the
other pairs of a batch as wrong answers, on texts and pictures of the little world alone.

    python bench/reference/demo_embedder/train.py --out engine/src/main/resources/dev/vl4j/engine/demo-embedder/adapter

The adapter is written, in bfloat16, whenever it measures better than before.
"""

import argparse
import json
import math
import random
import time
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers.utils import logging

import world
from embedder import TEXT_LAYERS, VISION_LAYERS, Embedder, numbers
from evaluate import accuracies, table

TEMPERATURE = 0.05
SIDE = (64, 160)  # a little less than pictures can have, for the time that it takes
POOL = 40  # pictures of each colour and shape


class Pool:
    """Pictures to draw from, so that what the processor makes of them is made once."""

    def __init__(self, seed):
        rng = random.Random(f"pool {seed}")
        self.pictures = {(colour, shape): [world.picture(rng, colour, shape, SIDE) for _ in range(POOL)]
                         for colour in world.COLOURS for shape in world.SHAPES}

    def __call__(self, rng, colour, shape):
        return rng.choice(self.pictures[colour, shape])


def pairs(rng, pool, count):
    """Half of a batch has pictures, of few colours as often as of many."""
    shapes = world.Shapes(pool, rng.sample(list(world.COLOURS), rng.choice([2, 3, 8])))
    kinds = [(world.keywords, 0.22), (world.capitals, 0.09), (world.topics, 0.07), (shapes.text_text, 0.08),
             (shapes.text_image, 0.24), (shapes.image_text, 0.1), (shapes.image_image, 0.12), (shapes.text_both, 0.08)]
    return [rng.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0](rng, False) for _ in range(count)]


def loss(embedder, batch):
    vectors = embedder.vectors([item for pair in batch for item in pair])
    queries, documents = vectors[0::2], vectors[1::2]
    scores = queries @ documents.T / TEMPERATURE
    also_right = torch.tensor([[i != j and world.answers(document, query) for j, (_, document) in enumerate(batch)]
                               for i, (query, _) in enumerate(batch)])
    scores = scores.masked_fill(also_right, -1e4)
    target = torch.arange(len(batch))
    return (torch.nn.functional.cross_entropy(scores, target) + torch.nn.functional.cross_entropy(scores.T, target)) / 2


def adapted(model, options):
    config = LoraConfig(
        r=options.text_rank, lora_alpha=options.alpha, target_modules=f"{TEXT_LAYERS}|{VISION_LAYERS}",
        rank_pattern={VISION_LAYERS: options.vision_rank}, lora_dropout=0.0)
    return get_peft_model(model, config)


def save(model, folder):
    """In bfloat16 and without paths of the machine that it was made on."""
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    weights = folder / "adapter_model.safetensors"
    save_file({name: value.to(torch.bfloat16).contiguous() for name, value in sorted(load_file(weights).items())}, weights, {"format": "pt"})
    config = folder / "adapter_config.json"
    saved = json.loads(config.read_text()) | dict(base_model_name_or_path="vl4j demo reranker", inference_mode=True)
    config.write_text(json.dumps(saved, indent=1, sort_keys=True) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--resume", type=Path, help="an adapter to go on from")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--text-rank", type=int, default=4)
    parser.add_argument("--vision-rank", type=int, default=8)
    parser.add_argument("--alpha", type=int, default=16)
    parser.add_argument("--every", type=int, default=250)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    logging.set_verbosity_error()
    numbers(options.seed)
    embedder = Embedder(
        (lambda model: PeftModel.from_pretrained(model, options.resume, is_trainable=True)) if options.resume
        else lambda model: adapted(model, options))
    trained = [value for value in embedder.whole.parameters() if value.requires_grad]
    print(f"{sum(value.numel() for value in trained)} parameters", flush=True)
    optimizer = torch.optim.AdamW(trained, lr=options.rate, betas=(0.9, 0.98), weight_decay=0.0)
    warm = 40
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(
        (step + 1) / warm, 0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * min(1, step / options.steps)))))
    rng, pool = random.Random(f"train {options.seed}"), Pool(options.seed)
    best, start, mean = 0.0, time.time(), None
    for step in range(1, options.steps + 1):
        optimizer.zero_grad()
        value = loss(embedder, pairs(rng, pool, options.batch))
        value.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        schedule.step()
        mean = float(value.detach()) if mean is None else 0.95 * mean + 0.05 * float(value.detach())
        if step % 50 == 0:
            print(f"step {step}, loss {mean:.3f}, {(time.time() - start) / step:.2f} s a step", flush=True)
        if step % options.every == 0 or step == options.steps:
            kept = embedder.kept
            embedder.kept = {}
            embedder.whole.eval()
            rows = accuracies(embedder, options.seed, 60)
            embedder.whole.train()
            embedder.kept = kept
            score = sum(five + (fifty or 0) for five, fifty in rows.values())
            print(f"{table(rows)}\nscore {score:.2f}, best {best:.2f}", flush=True)
            if score > best:
                best = score
                save(embedder.whole, options.out)


if __name__ == "__main__":
    main()
