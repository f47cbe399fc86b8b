"""The PyTorch side of bench/compare-requests and bench/cuda/run.sh: answers a rerank request for each line on its
standard input.

`rank FILE` answers with the seconds from a request's texts and picture files to its scores, its logits and the tokens
of its prompts; `warm FILE` runs the request and settles on the faster attention. Between lines the process sleeps.
"""

import json
import time
from pathlib import Path
from typing import NamedTuple

import torch

import devices
import prompts
import workers
from run_model import load


class Way(NamedTuple):
    """How a request is computed: pairs at once, the attentions to choose from, and where the weights lie."""

    batch: int
    attentions: tuple
    aligned: bool


WAYS = {
    # As Qwen's script does: pair by pair, and all else as it comes.
    "official": Way(1, (None,), False),
    "official-aligned": Way(1, (None,), True),
    # What PyTorch can do with it.
    "batched": Way(8, ("sdpa", "eager"), True),
}


def aligned(tensor):
    """Whether it starts at a cache line."""
    return tensor.data_ptr() % 64 == 0


class Reranker:
    def __init__(self, folder, way, device, dtype):
        self.way, self.device = way, device
        whole = load(folder, dtype, way.attentions[0])
        self.model = whole.model
        self.attention = self.model.config._attn_implementation
        if way.aligned or device != "cpu":
            devices.place(whole, device)
        self.processor = workers.processor(folder)
        vocabulary = self.processor.tokenizer.get_vocab()
        rows = whole.get_output_embeddings().weight.data
        yes, no = rows[vocabulary["yes"]], rows[vocabulary["no"]]
        self.head = torch.nn.Linear(rows.shape[1], 1, bias=False, dtype=rows.dtype, device=rows.device)
        self.head.weight.data[0] = yes - no
        self.exact_head = yes.float() - no.float()

    def description(self):
        weights = [*self.model.parameters()]
        share = sum(map(aligned, weights)) / len(weights)
        return (f"PyTorch {torch.__version__}, {weights[0].dtype}, {devices.describe(self.device)}, "
                f"pairs in batches of {self.way.batch}, {self.attention} attention, "
                f"{share:.0%} of the weights start at a cache line, {type(self.processor.image_processor).__name__}")

    def hidden(self, query, documents, instruction):
        """The last position's final hidden state for each pair, and the tokens of each prompt without its padding."""
        texts, images = [], []
        for document in documents:
            sides = [[{kind: value} for kind, value in side.items()] for side in (query, document)]
            texts.append(prompts.render(prompts.pieces(*sides, instruction)))
            # As the script has it, a pair's pictures are read for that pair.
            images += [workers.picture(side["image"]) for side in (query, document) if "image" in side]
        inputs = self.processor(
            text=texts, images=images or None, do_resize=False, padding=True, truncation=False, return_tensors="pt")
        inputs = inputs.to(self.device)
        return self.model(**inputs).last_hidden_state[:, -1], inputs["attention_mask"].sum(1)

    def rank(self, request):
        """Seconds, logits and tokens. The logits are taken from the hidden states once more, outside of the time, for
        the head in bfloat16 rounds them to 8 bits."""
        documents, count = request["documents"], len(request["documents"])
        # Neighbours of like length need little padding; a batch of one needs none.
        order = sorted(range(count), key=lambda i: len(documents[i].get("text", "")))
        scores, logits, tokens = [0.0] * count, [0.0] * count, [0] * count
        devices.finish(self.device)
        states, start = [], time.perf_counter()
        for first in range(0, count, self.way.batch):
            chosen = order[first : first + self.way.batch]
            state, lengths = self.hidden(request["query"], [documents[i] for i in chosen], request["instruction"])
            for i, score in zip(chosen, torch.sigmoid(self.head(state)).squeeze(-1).tolist()):
                scores[i] = score
            states.append((chosen, state, lengths))
        seconds = time.perf_counter() - start
        for chosen, state, lengths in states:
            for i, logit, length in zip(chosen, (state.float() @ self.exact_head).tolist(), lengths.tolist()):
                logits[i], tokens[i] = logit, length
        if (torch.sigmoid(torch.tensor(logits)) - torch.tensor(scores)).abs().max() > 0.02:
            raise SystemExit("request_worker.py: the scores are not the logits'")
        return seconds, logits, tokens

    def warm(self, request):
        """Runs a request with each attention to choose from and settles on the fastest."""
        seconds = {}
        for attention in self.way.attentions:
            if len(self.way.attentions) > 1:
                self.model.set_attn_implementation(attention)
            seconds[attention] = self.rank(request)[0]
        if len(seconds) > 1:
            self.attention = min(seconds, key=seconds.get)
            self.model.set_attn_implementation(self.attention)
        return f"{self.attention} attention"

    def answer(self, order, file):
        request = json.loads(Path(file).read_text())
        if order == "warm":
            return self.warm(request)
        assert order == "rank", order
        seconds, logits, tokens = self.rank(request)
        return json.dumps(dict(seconds=seconds, logits=logits, tokens=tokens))


def main():
    parser = workers.arguments()
    parser.add_argument("--way", choices=WAYS, required=True)
    parser.add_argument("--batch", type=int, help="pairs at once, where they are batched")
    parser.add_argument("--dtype", choices=devices.DTYPES, default="bf16")
    options = parser.parse_args()
    way = WAYS[options.way]
    if options.batch and way.batch > 1:
        way = way._replace(batch=options.batch)
    workers.serve(options, lambda: Reranker(options.model, way, options.device, devices.DTYPES[options.dtype]))


main()
