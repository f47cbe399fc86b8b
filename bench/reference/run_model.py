"""One prompt through Hugging Face, everything worth comparing kept."""

import numpy as np
import torch
from PIL import Image
from transformers import Qwen3VLForConditionalGeneration
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil, smart_resize

import prompts
from pictures import fit, to_rgb

YES, NO, IMAGE_PAD = 537, 535, 1352


def load(folder, dtype, attention):
    model, info = Qwen3VLForConditionalGeneration.from_pretrained(
        folder, dtype=dtype, attn_implementation=attention, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"], info
    return model.eval()


def score_weight(model):
    head = model.get_output_embeddings().weight
    return head[YES] - head[NO]


class Reference:
    """A checkpoint in float32 (two attention implementations) and bfloat16."""

    def __init__(self, folder, tokenizer):
        self.tokenizer = tokenizer
        self.processor = Qwen2VLImageProcessorPil.from_pretrained(folder)
        self.budget = (self.processor.size["shortest_edge"], self.processor.size["longest_edge"])
        self.eager = load(folder, torch.float32, "eager")
        self.sdpa = load(folder, torch.float32, "sdpa")
        self.bf16 = load(folder, torch.bfloat16, "sdpa")

    def images(self, parts, root, min_pixels, max_pixels):
        low, high = min_pixels or self.budget[0], max_pixels or self.budget[1]
        resized, patches, grids = [], [], []
        for part in parts:
            if "image" not in part:
                continue
            source = part["image"]
            rgb = to_rgb(source if isinstance(source, Image.Image) else Image.open(root / source))
            image = fit(rgb, smart_resize, low, high)
            own = self.processor(rgb, size=dict(shortest_edge=low, longest_edge=high), return_tensors="pt")
            made = self.processor(image, do_resize=False, return_tensors="pt")
            assert torch.equal(own["pixel_values"], made["pixel_values"]), "the two image paths differ"
            resized.append(torch.from_numpy(np.array(image)))
            patches.append(made["pixel_values"].float())
            grids.append(made["image_grid_thw"])
        return resized, patches, grids

    def inputs(self, query, document, root, instruction=None, min_pixels=None, max_pixels=None, parse_special=False):
        """The prompt, what the model is called with, and what of it is worth comparing."""
        resized, patches, grids = self.images(query + document, root, min_pixels, max_pixels)
        prompt = prompts.pieces(query, document, instruction)
        counts = [int(g.prod()) // 4 for g in grids]
        ids = torch.tensor([prompts.encode(self.tokenizer, prompt, counts, parse_special)])
        types = (ids == IMAGE_PAD).int()
        assert int(types.sum()) == sum(counts)
        inputs = dict(input_ids=ids, attention_mask=torch.ones_like(ids))
        out = {"input_ids": ids[0].int(), "mm_token_type_ids": types[0].int()}
        if patches:
            inputs |= dict(pixel_values=torch.cat(patches), image_grid_thw=torch.cat(grids), mm_token_type_ids=types)
            positions, _ = self.eager.model.get_rope_index(ids, types, image_grid_thw=inputs["image_grid_thw"])
            out["position_ids"] = positions[:, 0].int()
        else:
            out["position_ids"] = torch.arange(ids.shape[1]).expand(3, -1).int().contiguous()
        for i, (a, b, c) in enumerate(zip(resized, patches, grids)):
            out |= {f"image{i}.resized": a, f"image{i}.patches": b, f"image{i}.grid": c[0].int()}
        return prompt, inputs, out

    @torch.no_grad()
    def run(self, query, document, root, **options):
        prompt, inputs, out = self.inputs(query, document, root, **options)
        hooks, seen = [], {}
        text, vision = self.eager.model.language_model, self.eager.model.visual

        def keep_input(key):
            return lambda _, args, kwargs: seen.__setitem__(key, (args[0] if args else kwargs["hidden_states"]).clone())

        def keep_output(key):
            return lambda _, args, value: seen.__setitem__(key, (value[0] if isinstance(value, tuple) else value).clone())

        for i, layer in enumerate([*text.layers, text.norm]):
            hooks.append(layer.register_forward_pre_hook(keep_input(f"hidden{i}"), with_kwargs=True))
        hooks.append(vision.blocks[0].register_forward_pre_hook(keep_input("vision.input"), with_kwargs=True))
        for i, block in enumerate(vision.blocks):
            hooks.append(block.register_forward_hook(keep_output(f"vision.block{i}")))
        hooks.append(vision.merger.register_forward_hook(keep_output("vision.embeds")))
        for i, merger in enumerate(vision.deepstack_merger_list):
            hooks.append(merger.register_forward_hook(keep_output(f"vision.deepstack{i}")))
        last = self.eager.model(**inputs).last_hidden_state[0, -1]
        for hook in hooks:
            hook.remove()
        for key, value in seen.items():
            out[key] = value[0] if key.startswith("hidden") else value
        out["final"] = last[None]
        out["logits"] = (score_weight(self.eager) @ last)[None]

        other = self.sdpa.model(**inputs).last_hidden_state[0, -1]
        gap = float((score_weight(self.sdpa) @ other - out["logits"][0]).abs())
        assert gap < 1e-3, f"eager and sdpa differ by {gap}"
        low = self.bf16.model(**inputs).last_hidden_state[0, -1]
        out["logits_bf16"] = torch.nn.functional.linear(low[None], score_weight(self.bf16)[None])[0].float()
        head = self.bf16.get_output_embeddings().weight.float()
        out["logits_bf16_fp32head"] = ((head[YES] - head[NO]) @ low.float())[None]
        return prompts.render(prompt), {k: v.contiguous() for k, v in out.items()}, gap
