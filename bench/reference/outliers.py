"""
Trains the heads of random checkpoints with outlier channels, and writes what PyTorch computes with them.

    bench/run OutlierCheckpoints --out DIR
    python bench/reference/outliers.py --checkpoints DIR --out engine/src/test/resources/fixtures/outliers.json

A random model ranks by chance, and by differences so small that every rounding counts. So each head is a ridge
regression: from the last hidden state to how much a document is on the subject.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers.utils import logging

import prompts
from run_model import NO, YES, Reference

RIDGE = 300.0
SPREAD = 1.3  # deviation of the logits: scores from about 0.05 to 0.95


def run(folder, tokenizer, root, cases):
    """For each query, what the reference says of each document."""
    reference = Reference(folder, tokenizer)
    return [[reference.run(case["query"], document, root)[1] for document in case["documents"]] for case in cases]


def train(found, cases):
    states = np.concatenate([[row["final"][0].double().numpy() for row in rows] for rows in found])
    wanted = np.concatenate([np.array(case["degrees"]) - 0.5 for case in cases])
    head = np.linalg.solve(states.T @ states + RIDGE * np.eye(states.shape[1]), states.T @ wanted)
    return torch.tensor(head * SPREAD / (states @ head).std(), dtype=torch.float32).to(torch.bfloat16)


def put(head, folder):
    tensors = load_file(folder / "model.safetensors")
    tensors["lm_head.weight"][YES] = head / 2
    tensors["lm_head.weight"][NO] = -head / 2
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


def tau(a, b):
    i, j = np.triu_indices(len(a), 1)
    return float(np.sign((a[i] - a[j]) * (b[i] - b[j])).mean())


def report(name, rows, cases):
    sigmoid = lambda x: 1 / (1 + np.exp(-x))
    truth = [np.array(r) for r in rows["logits"]]
    print(f"{name}: deviation of logits {[round(float(t.std()), 2) for t in truth]}, correlation with the subject",
          [round(float(np.corrcoef(t, c["degrees"])[0, 1]), 2) for t, c in zip(truth, cases)])
    for key in ("logits_bf16", "logits_bf16_fp32head"):
        pairs = list(zip(truth, [np.array(r) for r in rows[key]]))
        errors = np.concatenate([np.abs(a - b) for a, b in pairs])
        scores = np.concatenate([np.abs(sigmoid(a) - sigmoid(b)) for a, b in pairs])
        print(f"  {key}: tau {np.mean([tau(a, b) for a, b in pairs]):.4f}, score difference median {np.median(scores):.5f}, "
              f"largest {scores.max():.5f}, logit error mean {errors.mean():.5f}, largest {errors.max():.5f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoints", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    root = args.checkpoints
    cases = json.loads((root / "cases.json").read_text(encoding="utf-8"))
    models = []
    for model in cases["models"]:
        folder = root / model["planting"]
        tokenizer = prompts.load_tokenizer(folder / "tokenizer.json")
        head = train(run(folder, tokenizer, root, cases["train"]), cases["train"])
        put(head, folder)
        found = run(folder, tokenizer, root, cases["test"])
        rows = {key: [[round(float(row[key]), 6) for row in documents] for documents in found]
                for key in ("logits", "logits_bf16", "logits_bf16_fp32head")}
        report(model["planting"], rows, cases["test"])
        models.append(model | dict(head=head.float().tolist()) | rows)
    lines = ",\n".join(json.dumps(model) for model in models)
    args.out.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
