"""
8-bit floating point (E4M3) as PyTorch rounds to it, and logits of the checkpoints of make_fixtures.py with all
linear layers in it: a scale for each token and each output channel, exact sums.

    python bench/reference/fp8.py --fixtures engine/src/test/resources/fixtures \
        --roundings kernels/src/test/resources/dev/vl4j/kernels/e4m3.txt

Writes `fp8.json` of the fixtures. Lines of the roundings are the bits of a float32 and the code that it becomes,
both in hexadecimal.
"""

import argparse
import json
from contextlib import contextmanager
from pathlib import Path

import torch

from cases import CASES
from checkpoints import CHECKPOINTS, write_json

LARGEST = 448.0
SEED = 20261128


def encode(x):
    # PyTorch makes a NaN of what is too large; the format as it is used here saturates.
    return x.clamp(-LARGEST, LARGEST).to(torch.float8_e4m3fn)


def sweep():
    """All numbers, the halves between neighbours, what is next to these, and what is out of range."""
    codes = torch.arange(127, dtype=torch.uint8).view(torch.float8_e4m3fn).float()
    halves = (codes[:-1] + codes[1:]) / 2
    infinity = torch.tensor(torch.inf)
    values = [codes, halves, torch.nextafter(halves, infinity), torch.nextafter(halves, -infinity),
              torch.nextafter(codes, infinity), torch.nextafter(codes[1:], -infinity),
              torch.tensor([464, 464.1, 480, 512, 3e38, torch.inf, 1e-45, 1e-38, 1e-30, 2**-10, 2**-11, torch.nan])]
    generator = torch.Generator().manual_seed(SEED)
    values.append(torch.randn(200, generator=generator) * 2.0 ** torch.randint(-12, 10, (200,), generator=generator))
    values = torch.cat(values)
    return torch.cat([values, -values])


def write_roundings(path):
    values = sweep()
    bits, codes = values.view(torch.int32).tolist(), encode(values).view(torch.uint8).tolist()
    lines = sorted({f"{b & 0xffffffff:08x} {c:02x}" for b, c in zip(bits, codes)})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    print(f"{len(lines)} roundings: {path}")


def rounded(x):
    """Rows rounded with a scale for each."""
    scale = x.abs().amax(dim=-1, keepdim=True) / LARGEST
    scale = torch.where(scale == 0, torch.ones_like(scale), scale)
    return encode(x / scale).float() * scale


@contextmanager
def fp8_layers(model):
    """Lets all linear layers but the head, which is the score's own product, compute in the format."""
    layers = []
    for name, module in model.named_modules():
        convolution = isinstance(module, torch.nn.Conv3d)  # over whole patches: a linear layer
        if (isinstance(module, torch.nn.Linear) and name != "lm_head") or convolution:
            layers.append((module, rounded(module.weight.detach().float().flatten(1)), convolution))

    def layer(module, weight, convolution):
        def forward(x):
            y = rounded(x.float().flatten(1) if convolution else x.float())
            bias = None if module.bias is None else module.bias.float()
            y = torch.nn.functional.linear(y, weight, bias).to(x.dtype)
            return y[:, :, None, None, None] if convolution else y
        return forward

    for module, weight, convolution in layers:
        module.forward = layer(module, weight, convolution)
    yield
    for module, _, _ in layers:
        del module.forward


@torch.no_grad()
def logit(model, inputs):
    from run_model import NO, YES

    with fp8_layers(model):
        last = model.model(**inputs).last_hidden_state[0, -1]
    head = model.get_output_embeddings().weight.float()
    return float((head[YES] - head[NO]) @ last.float())


def write_logits(fixtures):
    from prompts import load_tokenizer
    from run_model import Reference

    tokenizer = load_tokenizer(fixtures / "tokenizer" / "tokenizer.json")
    logits = {}
    for name in CHECKPOINTS:
        reference = Reference(fixtures / name / "model", tokenizer)
        known = {c["name"]: c for c in json.loads((fixtures / name / "cases.json").read_text())["cases"]}
        logits[name] = {}
        for case in CASES:
            if case["name"] not in known:
                continue
            options = {k: case.get(k) for k in ("instruction", "min_pixels", "max_pixels")}
            _, inputs, _ = reference.inputs(case["query"], case["document"], fixtures,
                                            parse_special=case.get("parse_special_tokens", False), **options)
            logits[name][case["name"]] = dict(fp8=logit(reference.sdpa, inputs), fp8_bf16=logit(reference.bf16, inputs))
            print(name, case["name"], known[case["name"]]["logit"], logits[name][case["name"]], flush=True)
    write_json(fixtures / "fp8.json", logits)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--fixtures", type=Path)
    parser.add_argument("--roundings", type=Path)
    options = parser.parse_args()
    if options.roundings:
        write_roundings(options.roundings)
    if options.fixtures:
        write_logits(options.fixtures)


if __name__ == "__main__":
    main()
