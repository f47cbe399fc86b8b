"""The PyTorch side of bench's EmbeddingSpeed: embeds the documents of a request for each line on its standard input, as
the script of Qwen3-VL-Embedding does, or by sentence-transformers (texts only).

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
    """The model itself, in batches in order of length."""

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
        return answer(self, order, file)


class SentenceTransformers:
    """The same texts by sentence-transformers, which sorts them by length itself."""

    def __init__(self, folder, batch, device, dtype):
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.base.modules import Normalize, Transformer
        from sentence_transformers.sentence_transformer.modules import Pooling

        self.batch, self.device = batch, device
        transformer = Transformer(
            folder, model_kwargs=dict(dtype=dtype), processor_kwargs=dict(padding_side="left"))
        pooling = Pooling(transformer.get_embedding_dimension(), pooling_mode="lasttoken")
        self.model = SentenceTransformer(modules=[transformer, pooling, Normalize()], device=device)

    def description(self):
        import sentence_transformers

        return (f"sentence-transformers {sentence_transformers.__version__} on PyTorch {torch.__version__}, "
                f"{self.model.dtype}, {devices.describe(self.device)}, batches of {self.batch}")

    def embed(self, request):
        """As above; tokens are not counted."""
        texts = [prompts.render(pieces(dict(input=[item]))) for item in request["documents"]]
        start = time.perf_counter()
        vectors = self.model.encode(texts, batch_size=self.batch, convert_to_tensor=True, show_progress_bar=False)
        return time.perf_counter() - start, vectors.float().cpu(), None

    def warm(self, request):
        self.embed(request | dict(documents=request["documents"][: self.batch]))
        return "its own attention"

    def answer(self, order, file):
        return answer(self, order, file)


def answer(embedder, order, file):
    request = json.loads(Path(file).read_text())
    if order == "warm":
        return embedder.warm(request)
    assert order == "embed", order
    seconds, vectors, tokens = embedder.embed(request)
    return json.dumps(dict(seconds=seconds, tokens=tokens, vectors=[vector.tolist() for vector in vectors]))


LIBRARIES = {"transformers": Embedder, "sentence-transformers": SentenceTransformers}


def main():
    parser = workers.arguments()
    parser.add_argument("--batch", type=int, required=True, help="inputs at once")
    parser.add_argument("--library", choices=LIBRARIES, default="transformers")
    parser.add_argument("--dtype", choices=devices.DTYPES, default="bf16")
    options = parser.parse_args()
    workers.serve(
        options, lambda: LIBRARIES[options.library](options.model, options.batch, options.device, devices.DTYPES[options.dtype]))


main()
