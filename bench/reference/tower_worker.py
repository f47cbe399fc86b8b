"""The PyTorch side of bench/compare: runs a tower in bfloat16 for each line on its standard input.

`save CASE FILE` writes what the case computes as float32, `time CASE` answers with the seconds of one forward.
Between lines the process sleeps.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch
import transformers

from run_model import load

ATTENTIONS = ("sdpa", "eager")


class Towers:
    def __init__(self, model, inputs):
        self.model = load(model, torch.bfloat16, ATTENTIONS[0]).model
        self.inputs = inputs
        self.cases = {}
        # Out of the file's pages, which start where a tensor happens to, into aligned memory of our own.
        for weight in self.model.parameters():
            weight.data = weight.data.clone()

    def text(self, prompts, tokens, file):
        """The last token's final hidden state for each of the prompts; no head, no cache."""
        ids = torch.from_numpy(np.fromfile(file, np.int32).reshape(prompts, tokens).astype(np.int64))
        return lambda: [self.model.language_model(input_ids=ids, use_cache=False).last_hidden_state[:, -1]]

    def vision(self, width, height, file):
        """The image's visual tokens, and those of each DeepStack tap."""
        side = self.model.config.vision_config.patch_size
        grid = torch.tensor([[1, height // side, width // side]])
        patches = torch.from_numpy(np.fromfile(file, np.float32).reshape(int(grid.prod()), -1)).to(torch.bfloat16)

        def run():
            features = self.model.visual(patches, grid)
            return [features.pooler_output, *features.deepstack_features]

        return run

    def timed(self, forward, attention):
        if self.model.config._attn_implementation != attention:
            self.model.set_attn_implementation(attention)
        start = time.perf_counter()
        computed = forward()
        return time.perf_counter() - start, computed

    def case(self, name):
        """A case's forward and the attention that is faster for it: the better of two runs in turn, after one to warm."""
        if name not in self.cases:
            tower, _, sizes = name.partition("-")
            first, second = map(int, sizes.split("x"))
            make = {"text": self.text, "vision": self.vision}[tower]
            forward = make(first, second, self.inputs / f"{name}.in")
            runs = [(self.timed(forward, attention)[0], attention) for attention in ATTENTIONS * 3]
            self.cases[name] = forward, min(runs[len(ATTENTIONS) :])[1]
        return self.cases[name]

    def answer(self, order, name, file=None):
        forward, attention = self.case(name)
        seconds, computed = self.timed(forward, attention)
        if order == "time":
            return repr(seconds)
        assert order == "save", order
        np.concatenate([part.float().numpy().ravel() for part in computed]).tofile(file)
        return f"saved {attention} attention"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--inputs", type=Path, required=True, help="directory with CASE.in for each case")
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    # Answers go where stdout was; what libraries print joins stderr.
    answers, sys.stdout = sys.stdout, sys.stderr
    transformers.utils.logging.disable_progress_bar()
    towers = Towers(options.model, options.inputs)
    print(f"ready PyTorch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}, bfloat16, "
          f"{torch.get_num_threads()} threads", file=answers, flush=True)
    with torch.inference_mode():
        for line in sys.stdin:
            print(towers.answer(*line.rstrip("\n").split(" ", 2)), file=answers, flush=True)


main()
