"""
Checkpoints of make_fixtures.py with another configuration or other tensors, as fine-tuners and
newer tools write them, and the logits that Hugging Face transformers computes with them. A variant
is written down as what changes, so that a test can make it again:

    config   values at dotted paths of config.json; null deletes the field
    tensors  new tensors made of old ones: all rows moved on by so many places, or a few rows
    rename   how stored names begin, and how they begin then
    drop     tensors that are left out

    python bench/reference/variants.py --fixtures engine/src/test/resources/fixtures
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import Qwen3VLForConditionalGeneration
from transformers.modeling_layers import GenericForSequenceClassification
from transformers.models.qwen3_vl.modeling_qwen3_vl import Qwen3VLPreTrainedModel
from transformers.utils import logging

import prompts
from cases import CASES
from checkpoints import write_json
from run_model import NO, YES, Reference

EMBEDDINGS = "model.language_model.embed_tokens.weight"
FEW = ["text", "doc_image", "images_and_text", "query_image"]


class Qwen3VLForSequenceClassification(GenericForSequenceClassification, Qwen3VLPreTrainedModel):
    """transformers 5.18 has the parts of it, and vLLM the whole."""


def scaling(**values):
    return {"text_config.rope_scaling": values}


def classifier(rows, **config):
    return dict(
        base="tied_gqa2", cases=FEW, tensors={"score.weight": dict(rows=rows)},
        config={"architectures": ["Qwen3VLForSequenceClassification"], "num_labels": len(rows)} | config)


VARIANTS = {
    "yarn": dict(base="gqa8_f32", config=scaling(
        rope_type="yarn", factor=4.0, original_max_position_embeddings=2048, rope_theta=10000,
        mrope_interleaved=True, mrope_section=[4, 3, 3])),
    "yarn_short": dict(base="gqa8_f32", config=scaling(
        type="yarn", factor=3, original_max_position_embeddings=64, rope_theta=10000, mrope_section=[4, 3, 3])),
    "yarn_magnitudes": dict(base="heads72_f16", config=scaling(
        rope_type="yarn", factor=3.0, original_max_position_embeddings=512, beta_fast=16, beta_slow=1.5,
        mscale=0.8, mscale_all_dim=0.5, truncate=False, mrope_section=[24, 20, 20])),
    "yarn_attention_factor": dict(base="tied_gqa2", config={
        "text_config.rope_parameters.rope_type": "yarn", "text_config.rope_parameters.factor": 1.5,
        "text_config.rope_parameters.attention_factor": 1.25, "text_config.rope_parameters.beta_fast": 0,
        "text_config.original_max_position_embeddings": 700}),
    "scaling_without_theta": dict(base="gqa8_f32", cases=FEW, config=scaling(
        rope_type="default", mrope_section=[4, 3, 3])),
    "scaling_with_theta": dict(base="gqa8_f32", cases=FEW, config=scaling(rope_type="default", rope_theta=777)),
    "scaling_and_flat_theta": dict(base="gqa8_f32", cases=FEW, config=scaling(
        rope_type="default", mrope_section=[2, 3, 2]) | {"text_config.rope_theta": 888.5}),
    "no_rope": dict(base="gqa8_f32", cases=FEW, config={"text_config.rope_parameters": None}),
    "vision_flat_theta": dict(base="tied_gqa2", cases=FEW, config={
        "vision_config.rope_parameters": None, "vision_config.rope_theta": 50.0}),
    "vision_scaling": dict(base="tied_gqa2", cases=FEW, config={
        "vision_config.rope_scaling": {"rope_theta": 300.0, "rope_type": "default"}}),
    "vision_gelu": dict(base="gqa8_f32", cases=FEW, config={"vision_config.hidden_act": "gelu"}),
    "vision_gelu_new": dict(base="gqa8_f32", cases=FEW, config={"vision_config.hidden_act": "gelu_new"}),
    "vision_gelu_fast": dict(base="gqa8_f32", cases=FEW, config={"vision_config.hidden_act": "gelu_fast"}),
    "swish": dict(base="gqa8_f32", cases=FEW, config={"text_config.hidden_act": "swish"}),
    "defaults": dict(base="heads72_f16", cases=FEW, config={
        "text_config.head_dim": None, "text_config.hidden_act": None, "text_config.rms_norm_eps": None,
        "text_config.attention_bias": None, "text_config.attention_dropout": None, "text_config.use_cache": None,
        "text_config.max_position_embeddings": None, "text_config.rope_scaling": None,
        "vision_config.hidden_act": None, "vision_config.in_channels": None, "vision_config.patch_size": None,
        "vision_config.temporal_patch_size": None, "vision_config.spatial_merge_size": None}),
    "other_head": dict(base="gqa8_f32", cases=FEW, config={}, tensors={"lm_head.weight": dict(roll=7)}),
    "other_head_tied_on_top": dict(
        base="tied_gqa2", cases=FEW, config={"text_config.tie_word_embeddings": None},
        tensors={"lm_head.weight": dict(roll=7)}),
    "other_head_tied_within": dict(
        base="tied_gqa2", cases=FEW, config={"tie_word_embeddings": None}, tensors={"lm_head.weight": dict(roll=7)}),
    "head_alone": dict(
        base="gqa8_f32", cases=FEW, config={}, tensors={"lm_head.weight": dict(roll=0)}, drop=[EMBEDDINGS]),
    "base_model": dict(
        base="tied_gqa2", cases=FEW, config={"architectures": ["Qwen3VLModel"]}, rename={"model.": ""}),
    "outer_model": dict(base="tied_gqa2", cases=FEW, config={}, rename={"model.": "model.model."}),
    "one_label": classifier([300]),
    "one_label_regression": classifier([301], problem_type="regression"),
    "two_labels": classifier([302, 303]),
    "two_labels_apart": classifier([304, 305], problem_type="multi_label_classification"),
}


def change(config, path, value):
    *outer, last = path.split(".")
    for step in outer:
        config = config[step]
    if value is None:
        config.pop(last, None)
    else:
        config[last] = value


def write_variant(spec, base, folder):
    shutil.copytree(base, folder)
    config = json.loads((folder / "config.json").read_text())
    for path, value in spec["config"].items():
        change(config, path, value)
    write_json(folder / "config.json", config)
    tensors = load_file(folder / "model.safetensors")
    for name, made in spec.get("tensors", {}).items():
        old = tensors[EMBEDDINGS]
        tensors[name] = torch.roll(old, made["roll"], 0) if "roll" in made else old[made["rows"]].clone()
    for name in spec.get("drop", []):
        del tensors[name]
    for start, other in spec.get("rename", {}).items():
        tensors = {other + k.removeprefix(start) if k.startswith(start) else k: v for k, v in tensors.items()}
    save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "model.safetensors", {"format": "pt"})


def load(folder, spec):
    own_head = "score.weight" in spec.get("tensors", {})
    model, info = (Qwen3VLForSequenceClassification if own_head else Qwen3VLForConditionalGeneration).from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"], info
    return model.eval()


@torch.no_grad()
def judge(model, inputs, problem):
    """The logit of relevance, and the score that vLLM makes of it."""
    if hasattr(model, "score"):
        logits = model(**inputs).logits[0]
        if problem == "regression":
            return logits[0], logits[0]
        if len(logits) == 1 or problem == "multi_label_classification":
            return logits[-1], torch.sigmoid(logits[-1])
        return logits[1] - logits[0], torch.softmax(logits, 0)[1]
    head = model.get_output_embeddings().weight
    logit = (head[YES] - head[NO]) @ model.model(**inputs).last_hidden_state[0, -1]
    return logit, torch.sigmoid(logit)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fixtures", type=Path, required=True, help="what make_fixtures.py wrote, and where to write")
    args = parser.parse_args()
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    tokenizer = prompts.load_tokenizer(args.fixtures / "tokenizer" / "tokenizer.json")
    references = {}
    written = {}
    for name, spec in VARIANTS.items():
        base = args.fixtures / spec["base"] / "model"
        if spec["base"] not in references:
            references[spec["base"]] = Reference(base, tokenizer)
        with tempfile.TemporaryDirectory() as scratch:
            write_variant(spec, base, Path(scratch) / "model")
            model = load(Path(scratch) / "model", spec)
        results = {}
        for case in CASES:
            if case["name"] not in spec.get("cases", [case["name"]]):
                continue
            _, inputs, _ = references[spec["base"]].inputs(
                case["query"], case["document"], args.fixtures, parse_special=case.get("parse_special_tokens", False),
                **{k: case.get(k) for k in ("instruction", "min_pixels", "max_pixels")})
            logit, score = judge(model, inputs, spec["config"].get("problem_type"))
            results[case["name"]] = dict(logit=float(logit), score=float(score))
        written[name] = {k: v for k, v in spec.items() if k != "cases"} | dict(results=results)
        print(name, {k: round(v["logit"], 5) for k, v in results.items()}, flush=True)
    write_json(args.fixtures / "variants.json", written)


if __name__ == "__main__":
    main()
