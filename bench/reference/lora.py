"""
Adapters as PEFT saves them, and the logits of the merged models in float32 and bfloat16: the folder `lora` of the fixtures.

    pip install peft==0.21.0
    python bench/reference/lora.py --fixtures engine/src/test/resources/fixtures
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers.utils import logging

import prompts
from cases import CASES
from checkpoints import write_json
from run_model import NO, YES, Reference, load

LANGUAGE = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
ADAPTERS = {
    # As Qwen's own: all layers of the language model.
    "language": dict(base="tied_gqa2", seed=31, config=dict(r=4, lora_alpha=6, target_modules=LANGUAGE)),
    # Both towers, ranks and alphas that differ, scaled by the root of the rank.
    "towers": dict(base="gqa8_f32", seed=32, config=dict(
        r=3, lora_alpha=5, use_rslora=True, target_modules=["q_proj", "down_proj", "qkv", "proj", "linear_fc1", "linear_fc2"],
        exclude_modules=r".*patch_embed.*", rank_pattern={"q_proj": 5}, alpha_pattern={r"layers\.1\..*\.q_proj": 2, "qkv": 9})),
}
NAMES = ["text", "doc_image", "images_and_text", "query_image", "unusual"]


def logit(model, inputs):
    head = model.get_output_embeddings().weight.float()
    last = model.model(**inputs).last_hidden_state[0, -1].float()
    return float((head[YES] - head[NO]) @ last)


@torch.no_grad()
def write(name, tokenizer, fixtures):
    spec = ADAPTERS[name]
    folder = fixtures / "lora" / name
    if folder.exists():
        shutil.rmtree(folder)
    reference = Reference(fixtures / spec["base"] / "model", tokenizer)
    model = get_peft_model(load(fixtures / spec["base"] / "model", torch.float32, "eager"), LoraConfig(**spec["config"]))
    generator = torch.Generator().manual_seed(spec["seed"])
    for key, value in sorted(model.named_parameters()):
        if "lora_" in key:
            value.copy_(torch.randn(value.shape, generator=generator) * (0.15 if "lora_B" in key else 0.3))
    model.save_pretrained(folder)
    for left in ("README.md", ".gitattributes"):
        (folder / left).unlink(missing_ok=True)
    saved = json.loads((folder / "adapter_config.json").read_text()) | dict(base_model_name_or_path=spec["base"])
    write_json(folder / "adapter_config.json", saved | dict(target_modules=sorted(saved["target_modules"])))
    merged = model.merge_and_unload().eval()
    with tempfile.TemporaryDirectory() as rounded:
        # A model is rounded while it is loaded: to() would round its rotary frequencies, too.
        merged.save_pretrained(rounded)
        models = dict(logit=merged, logit_bf16=load(Path(rounded), torch.bfloat16, "eager"))
    rows = []
    for case in CASES:
        if case["name"] in NAMES:
            options = {k: case.get(k) for k in ("instruction", "min_pixels", "max_pixels")}
            _, inputs, _ = reference.inputs(case["query"], case["document"], fixtures, **options)
            rows.append(dict(name=case["name"], **{field: logit(each, inputs) for field, each in models.items()}))
    write_json(folder / "cases.json", dict(base=spec["base"], cases=rows))
    print(name, rows, flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fixtures", type=Path, required=True)
    fixtures = parser.parse_args().fixtures
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    tokenizer = prompts.load_tokenizer(fixtures / "tokenizer" / "tokenizer.json")
    for name in ADAPTERS:
        write(name, tokenizer, fixtures)


if __name__ == "__main__":
    main()
