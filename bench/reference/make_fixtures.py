"""
Writes the engine's test fixtures: tiny checkpoints and what Hugging Face computes with them.

    python bench/reference/make_fixtures.py --tokenizer TOKENIZER_JSON --out engine/src/test/resources/fixtures
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers.utils import logging

import pictures
import prompts
import side_fixtures as side
from cases import CASES
from checkpoints import CHECKPOINTS, write_checkpoint, write_gz, write_json
from quantize import QUANTIZED, quantized_fixtures
from run_model import Reference


def rows_to_keep(types):
    """First, one in the text, the ends of every image, and the last."""
    keep = {0, len(types) // 3, len(types) - 1}
    for i in range(1, len(types)):
        if types[i] != types[i - 1]:
            keep |= {i - 1, i}
    return sorted(keep)


def trim(case, tensors, first):
    """Keeps files small: whole hidden states and patches only where a case asks for them."""
    full = case.get("full", False)
    total = len(tensors["input_ids"])
    rows = list(range(total)) if full else rows_to_keep(tensors["mm_token_type_ids"].tolist())
    out = {"hidden_rows": torch.tensor(rows, dtype=torch.int32)}
    for key, value in tensors.items():
        if key.startswith("hidden"):
            value = value[rows]
        elif key.endswith(".patches") and not (case.get("patches") and first):
            continue
        elif key.endswith(".resized") and not (case.get("patches") or first):
            continue
        elif (key.startswith("vision.block") or key == "vision.input") and not full:
            continue
        out[key] = value.contiguous()
    return out


def model_fixtures(name, tokenizer, out):
    folder = out / name
    if folder.exists():
        shutil.rmtree(folder)
    write_checkpoint(name, folder / "model")
    reference = Reference(folder / "model", tokenizer)
    rows = []
    for case in CASES:
        if name not in case.get("only", [name]):
            continue
        options = {k: case.get(k) for k in ("instruction", "min_pixels", "max_pixels")}
        parse_special = case.get("parse_special_tokens", False)
        prompt, tensors, gap = reference.run(case["query"], case["document"], out, parse_special=parse_special, **options)
        save_file(trim(case, tensors, name == "tied_gqa2"), folder / f"{case['name']}.safetensors")
        rows.append(dict(
            name=case["name"], query=case["query"], document=case["document"], **options,
            budget=[options["min_pixels"] or reference.budget[0], options["max_pixels"] or reference.budget[1]],
            parse_special_tokens=parse_special, prompt=prompt, tokens=len(tensors["input_ids"]),
            logit=float(tensors["logits"]), logit_bf16=float(tensors["logits_bf16"]),
            logit_bf16_fp32head=float(tensors["logits_bf16_fp32head"]), eager_sdpa_gap=gap))
        shown = {k: round(float(v.std()), 3) for k, v in tensors.items() if k.startswith(("hidden", "vision", "final"))}
        print(f"{name}/{case['name']}: T={rows[-1]['tokens']} logit={rows[-1]['logit']:.5f} "
              f"bf16={rows[-1]['logit_bf16']:.5f} {shown if case.get('full') else ''}", flush=True)
    write_json(folder / "cases.json", dict(checkpoint=name, cases=rows))


def write_qwen_tokenizer(source, path):
    """The tokenizer without what its merges imply: token 256 + i is what merge i makes. That is two thirds of the file."""
    tokenizer = json.loads(source.read_bytes())
    model = tokenizer["model"]
    bytes_ = {token: index for token, index in model["vocab"].items() if index < 256}
    implied = {left + right: 256 + index for index, (left, right) in enumerate(model["merges"])}
    if model["vocab"] != bytes_ | implied:
        raise ValueError(f"{source}: its merges do not imply its vocabulary")
    model["vocab"] = bytes_
    write_gz(path, json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")).encode())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tokenizer", type=Path, required=True, help="the demo model's tokenizer.json")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--checkpoint", action="append", choices=[*CHECKPOINTS, *QUANTIZED], help="only these")
    parser.add_argument("--qwen-tokenizer", type=Path, help="Qwen3's tokenizer.json, for tokenizer_qwen.json and cuts_qwen.json")
    parser.add_argument("--demo", type=Path, help="the demo model's folder, for demo/")
    parser.add_argument("--skip-models", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    logging.set_verbosity_error()
    out = args.out
    (out / "tokenizer").mkdir(parents=True, exist_ok=True)
    if args.tokenizer.resolve() != (out / "tokenizer" / "tokenizer.json").resolve():
        shutil.copyfile(args.tokenizer, out / "tokenizer" / "tokenizer.json")
    tokenizer = prompts.load_tokenizer(args.tokenizer)
    pictures.write_inputs(out / "images")
    side.resizes(out)
    side.sizes(out)
    side.decodes(out)
    side.tokens(tokenizer, out / "tokenizer_demo.json", False)
    side.cuts(tokenizer, out / "cuts_demo.json")
    if args.qwen_tokenizer:
        side.tokens(prompts.load_tokenizer(args.qwen_tokenizer), out / "tokenizer_qwen.json", True)
        side.cuts(prompts.load_tokenizer(args.qwen_tokenizer), out / "cuts_qwen.json")
        write_qwen_tokenizer(args.qwen_tokenizer, out / "tokenizer" / "qwen3-tokenizer.json.gz")
    if args.demo:
        side.demo(Reference(args.demo, tokenizer), args.demo, out)
    if not args.skip_models:
        for name in args.checkpoint or [*CHECKPOINTS, *QUANTIZED]:
            (quantized_fixtures if name in QUANTIZED else model_fixtures)(name, tokenizer, out)


if __name__ == "__main__":
    main()
