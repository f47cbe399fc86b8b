"""The PyTorch side of bench/compare and of bench/cuda/run.sh: runs a tower for each line on its standard input.

`save CASE FILE` writes what the case computes as float32, `time CASE` answers with the seconds of one forward.
Between lines the process sleeps.
"""

import time
from pathlib import Path

import numpy as np
import torch

import devices
import workers
from run_model import load

ATTENTIONS = ("sdpa", "eager")
DTYPES = dict(bf16=torch.bfloat16, f32=torch.float32)


class Towers:
    def __init__(self, model, inputs, device, dtype, compiled):
        self.dtype = dtype
        self.model = devices.place(load(model, dtype, ATTENTIONS[0]).model, device)
        self.inputs, self.device, self.compiled = inputs, device, compiled
        # Compiled code is one attention's.
        self.attentions = ATTENTIONS[:1] if compiled else ATTENTIONS
        self.cases = {}
        if compiled:
            for layer in (*self.model.language_model.layers, *self.model.visual.blocks):
                layer.compile()

    def description(self):
        return (f"PyTorch {torch.__version__}, {self.dtype}, {devices.describe(self.device)}"
                f"{', compiled' if self.compiled else ''}")

    def text(self, prompts, tokens, file):
        """The last token's final hidden state for each of the prompts; no head, no cache."""
        ids = torch.from_numpy(np.fromfile(file, np.int32).reshape(prompts, tokens).astype(np.int64))
        ids = ids.to(self.device)
        return lambda: [self.model.language_model(input_ids=ids, use_cache=False).last_hidden_state[:, -1]]

    def vision(self, width, height, file):
        """The image's visual tokens, and those of each DeepStack tap."""
        return self.encoding(1, width, height, file)

    def images(self, count, side, file):
        """Those of the last of many times the same square image."""
        return self.encoding(count, side, side, file)

    def encoding(self, count, width, height, file):
        side = self.model.config.vision_config.patch_size
        grid = torch.tensor([[1, height // side, width // side]])
        patches = torch.from_numpy(np.fromfile(file, np.float32).reshape(int(grid.prod()), -1)).to(self.dtype)
        grid, patches = (part.repeat(count, 1).to(self.device) for part in (grid, patches))

        def run():
            features = self.model.visual(patches, grid)
            # One image after another, all of a size.
            return [part.chunk(count)[-1] for part in (features.pooler_output, *features.deepstack_features)]

        return run

    def product(self, rows, features, file):
        """A matrix product alone, of random operands: the rate that shares are of."""
        x, weight = (torch.randn(n, features, device=self.device).to(self.dtype) for n in (rows, features))
        return lambda: [torch.nn.functional.linear(x, weight)[:1]]

    def timed(self, forward, attention):
        if self.model.config._attn_implementation != attention:
            self.model.set_attn_implementation(attention)
        devices.finish(self.device)
        start = time.perf_counter()
        computed = forward()
        devices.finish(self.device)
        return time.perf_counter() - start, computed

    def case(self, name):
        """A case's forward and the attention that is faster for it: the better of two runs in turn, after one to warm."""
        if name not in self.cases:
            tower, _, sizes = name.partition("-")
            first, second = map(int, sizes.split("x"))
            make = dict(text=self.text, vision=self.vision, images=self.images, product=self.product)[tower]
            forward = make(first, second, self.inputs / f"{name}.in")
            runs = [(self.timed(forward, attention)[0], attention) for attention in self.attentions * 3]
            self.cases[name] = forward, min(runs[len(self.attentions) :])[1]
        return self.cases[name]

    def answer(self, order, rest):
        name, _, file = rest.partition(" ")
        forward, attention = self.case(name)
        seconds, computed = self.timed(forward, attention)
        if order == "time":
            return repr(seconds)
        assert order == "save", order
        np.concatenate([part.float().cpu().numpy().ravel() for part in computed]).tofile(file)
        return f"saved {attention} attention"


def main():
    parser = workers.arguments()
    parser.add_argument("--inputs", type=Path, required=True, help="directory with CASE.in for each case")
    parser.add_argument("--dtype", choices=DTYPES, default="bf16")
    parser.add_argument("--compiled", action="store_true", help="layers and blocks by torch.compile")
    options = parser.parse_args()
    dtype = DTYPES[options.dtype]
    workers.serve(options, lambda: Towers(options.model, options.inputs, options.device, dtype, options.compiled))


main()
