"""Tiny checkpoints in the int8 format of compressed-tensors (W8A8), and what they are worth in PyTorch."""

import json
import re
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from cases import CASES
from checkpoints import write_json
from run_model import NO, YES, Reference

# What the format calls the range of 8 bits: a row's largest magnitude is 127.5 steps.
LOWEST, HIGHEST, HALF_RANGE = -128, 127, 127.5

QUANTIZED = {
    # As llm-compressor writes it: names of what is not quantised, scales in the weights' own format.
    "w8a8_text": dict(source="tied_gqa2", scales=torch.bfloat16, ignore=["re:lm_head$", "re:model\\.visual\\..*"],
                      expand=True, recent=True),
    # Everything quantised but a few mergers, the output head too; scales in float32; an older configuration.
    "w8a8_all": dict(source="untied_gqa1_sharded", scales=torch.float32, ignore=["re:.*deepstack.*"],
                     expand=False, recent=False),
}


def arguments(recent, **values):
    base = dict(num_bits=8, type="int", symmetric=True, group_size=None, block_structure=None, actorder=None,
                observer_kwargs={})
    return base | values | (dict(scale_dtype=None, zp_dtype=None) if recent else {})


def quantization_config(ignore, recent):
    group = dict(
        targets=["Linear"], output_activations=None,
        weights=arguments(recent, strategy="channel", dynamic=False, observer="minmax"),
        input_activations=arguments(recent, strategy="token", dynamic=True, observer=None if recent else "memoryless"))
    config = dict(quant_method="compressed-tensors", format="int-quantized", quantization_status="compressed",
                  kv_cache_scheme=None, ignore=ignore, global_compression_ratio=None if recent else 1.24)
    if recent:
        group["format"] = "int-quantized"
        config |= dict(sparsity_config={}, transform_config={}, version="0.13.0")
    return config | dict(config_groups=dict(group_0=group))


def quantize(weight, scales):
    """Round to nearest, one scale a row, in the arithmetic of the scales' format, as compressed-tensors does."""
    weight = weight.to(scales)
    scale = weight.abs().amax(dim=1, keepdim=True) / HALF_RANGE
    scale = torch.where(scale == 0, torch.tensor(torch.finfo(scales).eps, dtype=scales), scale)
    return torch.clamp(weight / scale, LOWEST, HIGHEST).round().to(torch.int8), scale


def is_linear(key, tensor):
    return key.endswith(".weight") and tensor.ndim == 2 and "embed" not in key


def read_tensors(folder):
    return {k: v for file in sorted(folder.glob("*.safetensors")) for k, v in load_file(file).items()}


def write_quantized(name, source, folder):
    """Writes the checkpoint; returns its weights in float32 and the names of its quantised modules."""
    spec = QUANTIZED[name]
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("*.safetensors*"))
    tensors, dequantized, quantized, ignored = {}, {}, [], []
    for key, tensor in sorted(read_tensors(source).items()):
        module = key.removesuffix(".weight")
        dequantized[key] = tensor.float()
        tensors[key] = tensor
        if not is_linear(key, tensor):
            continue
        if any(re.match(entry.removeprefix("re:"), module) for entry in spec["ignore"]):
            ignored.append(module)
            continue
        tensors[key], scale = quantize(tensor, spec["scales"])
        tensors[f"{module}.weight_scale"] = scale
        dequantized[key] = tensors[key].float() * scale.float()
        quantized.append(module)
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    # A tied head is a module without a tensor of its own, and named all the same.
    names = sorted({"lm_head", *ignored}) if spec["expand"] else spec["ignore"]
    config["quantization_config"] = quantization_config(names, spec["recent"])
    write_json(folder / "config.json", config)
    lowest = sum(int((tensors[f"{m}.weight"] == LOWEST).sum()) for m in quantized)
    print(f"{name}: {len(quantized)} modules in int8, {len(ignored)} left, {lowest} weights of {LOWEST}")
    assert lowest > 0
    return dequantized, quantized


@contextmanager
def int8_layers(model, weights, modules):
    """Lets these modules compute as the format asks: inputs in 8 bits, one scale a token, and exact sums."""
    def layer(module, weight):
        def forward(x):
            y = x.float()
            scale = y.abs().amax(dim=-1, keepdim=True) / HALF_RANGE
            scale = torch.where(scale == 0, torch.finfo(torch.float32).eps, scale)
            y = torch.clamp(y / scale, LOWEST, HIGHEST).round() * scale
            bias = None if module.bias is None else module.bias.float()
            return torch.nn.functional.linear(y, weight, bias).to(x.dtype)
        return forward

    # The head is the score's own product, of two rows only, and is left in its format.
    layers = [(model.get_submodule(m), weights[f"{m}.weight"]) for m in modules if m != "lm_head"]
    for module, weight in layers:
        module.forward = layer(module, weight)
    yield
    for module, _ in layers:
        del module.forward


@torch.no_grad()
def w8a8_logit(model, weights, modules, inputs):
    with int8_layers(model, weights, modules):
        last = model.model(**inputs).last_hidden_state[0, -1]
    head = model.get_output_embeddings().weight.float()
    return float((head[YES] - head[NO]) @ last.float())


def quantized_fixtures(name, tokenizer, out):
    folder = out / name
    if folder.exists():
        shutil.rmtree(folder)
    source = out / QUANTIZED[name]["source"] / "model"
    dequantized, modules = write_quantized(name, source, folder / "model")
    with tempfile.TemporaryDirectory() as plain:
        plain = Path(plain) / "model"
        shutil.copytree(source, plain, ignore=shutil.ignore_patterns("*.safetensors*"))
        save_file(dequantized, plain / "model.safetensors", {"format": "pt"})
        reference = Reference(plain, tokenizer)
    rows = []
    for case in CASES:
        options = {k: case.get(k) for k in ("instruction", "min_pixels", "max_pixels")}
        parse_special = case.get("parse_special_tokens", False)
        asked = dict(parse_special=parse_special, **options)
        prompt, tensors, _ = reference.run(case["query"], case["document"], out, **asked)
        _, inputs, _ = reference.inputs(case["query"], case["document"], out, **asked)
        rows.append(dict(
            name=case["name"], query=case["query"], document=case["document"], **options,
            parse_special_tokens=parse_special, prompt=prompt, tokens=len(tensors["input_ids"]),
            logit=float(tensors["logits"]), logit_bf16=float(tensors["logits_bf16"]),
            logit_w8a8=w8a8_logit(reference.sdpa, dequantized, modules, inputs),
            logit_w8a8_bf16=w8a8_logit(reference.bf16, dequantized, modules, inputs)))
        print("{}/{}: {logit:.5f} bf16={logit_bf16:.5f} w8a8={logit_w8a8:.5f} in bf16={logit_w8a8_bf16:.5f}".format(
            name, case["name"], **rows[-1]), flush=True)
    write_json(folder / "cases.json", dict(checkpoint=name, cases=rows))
