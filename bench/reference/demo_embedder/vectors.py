"""
Vectors of the demo embedder as PEFT and Hugging Face transformers compute them: `demo_embedder.json.gz`
of the fixtures, for EmbeddingParityTest.

    python bench/reference/demo_embedder/vectors.py --fixtures engine/src/test/resources/fixtures
"""

import argparse
import tempfile
from pathlib import Path

import torch
from peft import PeftModel
from transformers.utils import logging

from embedder import BASE, SISTER  # first, for the path to its neighbours
import embeddings
import prompts
from cases import CONTROL, PHOTO, SENTENCES, UNUSUAL, image, text
from checkpoints import write_json_gz
from run_model import IMAGE_PAD, Reference, load

INPUTS = [
    dict(name="keywords", input=[text("a red bicycle")]),
    dict(name="sentence", input=[text("She bought a red bicycle at the market.")]),
    dict(name="question", input=[text("What is the capital of China?")]),
    dict(name="capital", input=[text("The capital of China is Beijing.")]),
    dict(name="topic", input=[text("Explain inflation")]),
    dict(name="definition", input=[text("Inflation is a general rise of prices over time, which lowers what money can buy.")]),
    dict(name="colour", input=[text("something yellow")]),
    dict(name="instruction", input=[text("find the green triangle")],
         instruction="Retrieve images or text relevant to the user's query"),
    dict(name="red_circle", input=[image("demo/group3_document0.png")]),
    dict(name="blue_circle", input=[image("demo/group3_document1.png")]),
    dict(name="green_square", input=[image("demo/group3_document2.png")]),
    dict(name="yellow_triangle", input=[image("demo/group3_document3.png")]),
    dict(name="orange_square", input=[image("demo/group4_document1.png")]),
    dict(name="black_square", input=[image("demo/group5_document2.png")]),
    dict(name="caption", input=[image("demo/group6_query.png"), text("The drawing shows a green triangle.")]),
    dict(name="two_pictures", input=[text("a circle"), image("demo/group5_document0.png"), image("demo/group5_document1.png")]),
    dict(name="photo", input=[image(PHOTO)]),
    dict(name="empty", input=[]),
    dict(name="unusual", input=[text(UNUSUAL + CONTROL)]),
    dict(name="long", input=[text(" ".join(SENTENCES * 2))]),
]


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fixtures", type=Path, required=True)
    fixtures = parser.parse_args().fixtures
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    tokenizer = prompts.load_tokenizer(BASE / "tokenizer.json")
    reference = Reference(BASE, tokenizer)
    merged = PeftModel.from_pretrained(load(BASE, torch.float32, "eager"), SISTER).merge_and_unload().eval()
    with tempfile.TemporaryDirectory() as folder:  # loaded anew, since a cast would also round what stays in float32
        merged.save_pretrained(folder)
        low = load(folder, torch.bfloat16, "sdpa")
    rows = []
    for case in INPUTS:
        prompt = embeddings.pieces(case)
        _, patches, grids = reference.images(case["input"], fixtures, None, None)
        ids = prompts.encode(tokenizer, prompt, [int(grid.prod()) // 4 for grid in grids])
        inputs = dict(input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long))
        if patches:
            types = (inputs["input_ids"] == IMAGE_PAD).int()
            inputs |= dict(pixel_values=torch.cat(patches), image_grid_thw=torch.cat(grids), mm_token_type_ids=types)
        hidden, rounded = (model.model(**inputs).last_hidden_state[0, -1].float() for model in (merged, low))
        error = 1 - float(torch.nn.functional.cosine_similarity(hidden.double(), rounded.double(), dim=0))
        print(f"{case['name']}: {len(ids)} tokens, PyTorch's bf16 is off by {error:.1e}", flush=True)
        short = [float(f"{value:.5g}") for value in rounded.tolist()]
        rows.append(embeddings.row(case, prompt, ids, hidden=embeddings.numbers(hidden), hidden_bf16=short))
    write_json_gz(fixtures / "demo_embedder.json.gz", dict(checkpoint="demo_embedder", cases=rows))


if __name__ == "__main__":
    main()
