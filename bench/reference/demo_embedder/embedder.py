"""The demo reranker with an adapter, as an embedder: items of the little world become unit vectors."""

import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import embeddings  # noqa: E402
import prompts  # noqa: E402
from run_model import IMAGE_PAD, Qwen2VLImageProcessorPil, load  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]
BASE = ROOT / "engine/src/main/resources/dev/vl4j/engine/demo"
SISTER = ROOT / "engine/src/main/resources/dev/vl4j/engine/demo-embedder/adapter"
TEXT_LAYERS = r"model\.language_model\.layers\.\d+\..*_proj"
VISION_LAYERS = r"model\.visual\.(blocks|merger|deepstack_merger_list)\..*(qkv|proj|linear_fc1|linear_fc2)"


class Patches:
    """What the processor makes of a picture, in bytes: a frame that is there twice is kept once."""

    def __init__(self, processor, image):
        made = processor(image, return_tensors="pt")
        values = made["pixel_values"].float().view(-1, 3, 2, 16, 16)
        self.bytes = torch.round((values[:, :, 0] * 0.5 + 0.5) * 255).to(torch.uint8)
        self.grid = made["image_grid_thw"]
        assert torch.equal(values[:, :, 0], values[:, :, 1])

    @property
    def tokens(self):
        return int(self.grid.prod()) // 4

    def values(self):
        one = ((self.bytes.float() / 255) - 0.5) / 0.5
        return one[:, :, None].expand(-1, -1, 2, -1, -1).reshape(len(one), -1)


class Embedder:
    def __init__(self, adapt=lambda model: model):
        self.tokenizer = prompts.load_tokenizer(BASE / "tokenizer.json")
        self.processor = Qwen2VLImageProcessorPil.from_pretrained(BASE)
        self.whole = adapt(load(BASE, torch.float32, "sdpa"))
        self.model = self.whole.get_base_model().model if hasattr(self.whole, "get_base_model") else self.whole.model
        self.kept = {}

    def patches(self, picture):
        """Pictures that are drawn again and again are kept."""
        if picture not in self.kept:
            self.kept[picture] = Patches(self.processor, picture.draw())
        return self.kept[picture]

    def encoded(self, item):
        images = [self.patches(part["image"]) for part in item.parts if "image" in part]
        prompt = embeddings.pieces(dict(input=item.parts, instruction=item.instruction))
        return prompts.encode(self.tokenizer, prompt, [image.tokens for image in images]), images

    def vectors(self, items, most=24):
        """[items][hidden], each of length 1: in batches of one instruction and of similar lengths, texts apart from pictures."""
        encoded = [self.encoded(item) for item in items]
        groups = {}
        for i, item in enumerate(items):
            groups.setdefault((bool(encoded[i][1]), item.instruction), []).append(i)
        order, parts = [], []
        for group in groups.values():
            group.sort(key=lambda i: len(encoded[i][0]))
            for at in range(0, len(group), most):
                order += group[at : at + most]
                parts.append(self.forward([encoded[i] for i in group[at : at + most]]))
        back = torch.empty(len(items), dtype=torch.long)
        back[torch.tensor(order)] = torch.arange(len(items))
        return torch.nn.functional.normalize(torch.cat(parts), dim=-1)[back]

    def forward(self, encoded):
        """The last token's hidden states. What all prompts begin with is computed once."""
        longest, least = (pick(len(ids) for ids, _ in encoded) for pick in (max, min))
        padded = torch.tensor([ids + [0] * (longest - len(ids)) for ids, _ in encoded])
        lengths = torch.tensor([len(ids) for ids, _ in encoded])
        mask = (torch.arange(longest)[None] < lengths[:, None]).long()
        shared = next((i for i in range(least - 1) if padded[0, i] == IMAGE_PAD or (padded[:, i] != padded[0, i]).any()), least - 1)
        images = [image for _, own in encoded for image in own]
        inputs, grids, types = {}, None, (padded == IMAGE_PAD).int()
        if images:
            grids = torch.cat([image.grid for image in images])
            inputs = dict(pixel_values=torch.cat([image.values() for image in images]), image_grid_thw=grids)
        positions, _ = self.model.get_rope_index(padded, types, image_grid_thw=grids, attention_mask=mask)
        start = self.model.language_model(input_ids=padded[:1, :shared], use_cache=True).past_key_values
        for layer in start.layers:
            layer.keys, layer.values = (each.expand(len(encoded), -1, -1, -1) for each in (layer.keys, layer.values))
        hidden = self.model(input_ids=padded[:, shared:], attention_mask=mask, position_ids=positions[:, :, shared:],
                            past_key_values=start, **inputs).last_hidden_state
        return hidden[torch.arange(len(encoded)), lengths - 1 - shared]


def numbers(seed):
    np.random.seed(seed)
    torch.manual_seed(seed)
