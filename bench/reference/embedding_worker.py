"""The PyTorch side of bench's EmbeddingSpeed: embeds the documents of a request for each line on its standard input, as
the script of Qwen3-VL-Embedding does.

`embed FILE` answers with the seconds from texts and picture files to vectors, and the vectors; `warm FILE` runs the
request and settles on the faster attention. Inputs are batched in order of length. Between lines the process sleeps.
"""

import json
import time
from pathlib import Path

import torch

import devices
import prompts
import workers
from embeddings import pieces
from run_model import load

ATTENTIONS = ("sdpa", "eager")


class Embedder:
    def __init__(self, folder, batch, device, dtype):
        self.batch, self.device = batch, device
        whole = load(folder, dtype, ATTENTIONS[0])
        devices.place(whole, device)
        self.model = whole.model
        self.processor = workers.processor(folder)

    def description(self):
        weight = next(self.model.parameters())
        return (f"PyTorch {torch.__version__}, {weight.dtype}, {devices.describe(self.device)}, "
                f"batches of {self.batch}, {type(self.processor.image_processor).__name__}")

    def vectors(self, inputs):
        """Unit vectors, of the last position's final hidden state."""
        texts, images = [], []
        for part in inputs:
            texts.append(prompts.render(pieces(dict(input=[dict([item]) for item in part.items()]))))
            if "image" in part:
                images.append(workers.picture(part["image"]))
        batch = self.processor(
            text=texts, images=images or None, do_resize=False, padding=True, truncation=False, return_tensors="pt")
        states = self.model(**batch.to(self.device)).last_hidden_state[:, -1]
        return torch.nn.functional.normalize(states, dim=-1), int(batch["attention_mask"].sum())

    def embed(self, request):
        """Seconds, vectors in the order of the inputs, and tokens without padding."""
        inputs = request["documents"]
        # Neighbours of like length need little padding.
        order = sorted(range(len(inputs)), key=lambda i: len(inputs[i].get("text", "")))
        vectors, tokens = [None] * len(inputs), 0
        devices.finish(self.device)
        start = time.perf_counter()
        for first in range(0, len(inputs), self.batch):
            chosen = order[first : first + self.batch]
            found, count = self.vectors([inputs[i] for i in chosen])
            tokens += count
            for i, vector in zip(chosen, found.float().cpu()):
                vectors[i] = vector
        return time.perf_counter() - start, vectors, tokens

    def warm(self, request):
        """Runs some inputs with each attention and settles on the faster."""
        some = request | dict(documents=request["documents"][: self.batch])
        seconds = {}
        for attention in ATTENTIONS:
            self.model.set_attn_implementation(attention)
            self.embed(some)
            seconds[attention] = self.embed(some)[0]
        fastest = min(seconds, key=seconds.get)
        self.model.set_attn_implementation(fastest)
        return f"{fastest} attention"

    def answer(self, order, file):
        request = json.loads(Path(file).read_text())
        if order == "warm":
            return self.warm(request)
        assert order == "embed", order
        seconds, vectors, tokens = self.embed(request)
        return json.dumps(dict(seconds=seconds, tokens=tokens, vectors=[vector.tolist() for vector in vectors]))


def main():
    parser = workers.arguments()
    parser.add_argument("--batch", type=int, required=True, help="inputs at once")
    parser.add_argument("--dtype", choices=devices.DTYPES, default="bf16")
    options = parser.parse_args()
    workers.serve(
        options, lambda: Embedder(options.model, options.batch, options.device, devices.DTYPES[options.dtype]))


main()
