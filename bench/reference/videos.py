"""
Videos by three rules: which frames, which times, which sizes, which samples, which scores and vectors.

    python bench/reference/videos.py --fixtures engine/src/test/resources/fixtures

Writes `videos.json.gz`. Needs torchvision besides. The rules of transformers are called; those of qwen-vl-utils 0.0.14 and
of vLLM are written here after their sources, on the same functions of torch, torchvision, NumPy and Pillow. Frames are
made by a formula, so that whoever compares can make them, too. What is long is kept as a checksum.
"""

import argparse
import json
import math
import random
import zlib
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as torchvision_v1
from torchvision.transforms.v2 import functional as torchvision_v2
from transformers.models.qwen3_vl.processing_qwen3_vl import Qwen3VLProcessor
from transformers.models.qwen3_vl.video_processing_qwen3_vl import Qwen3VLVideoProcessor, smart_resize
from transformers.utils import logging
from transformers.video_utils import VideoMetadata

import prompts
from cases import SENTENCES, TINY, WIDE, image, text
from checkpoints import write_gz
from embeddings import pieces as embedding_pieces
from pictures import utils_resize
from prompts import APART, CONTROL, TEXT
from run_model import Reference, score_weight

OFFICIAL, TRANSFORMERS, VLLM = "OFFICIAL", "TRANSFORMERS", "VLLM"
RULES = (OFFICIAL, TRANSFORMERS, VLLM)
FACTOR, TOKEN = 32, 32 * 32
VIDEO_PAD, IMAGE_PAD = 1353, 1352

# What the official scripts pass to qwen-vl-utils.
OFFICIAL_FPS, OFFICIAL_MOST, LIST_PIXELS = 1, 64, 10 * 768 * TOKEN
LISTED_FPS = 2.0


def frames_of(count, height, width, seed):
    """[count, height, width, 3], fine patterns that move."""
    f, y, x, c = np.meshgrid(*(np.arange(n, dtype=np.int64) for n in (count, height, width, 3)), indexing="ij")
    return ((x * 7 + y * 13 + f * 29 + c * 71 + x * y % 31 * 5 + (x + f * 3) * (y + seed) % 97) % 256).astype(np.uint8)


def checksum(*parts):
    """Of bytes, or of the words that everything else is written as."""
    crc = 0
    for part in parts:
        if isinstance(part, torch.Tensor):
            part = part.contiguous().numpy()
        crc = zlib.crc32(part.tobytes() if isinstance(part, np.ndarray) else str(part).encode(), crc)
    return f"{crc:08x}"


# Which frames


def span(total, fps, start, end):
    """First and last frame of a part of a file, as qwen-vl-utils has it."""
    if start is None and end is None:
        return 0, total - 1
    duration = total / fps
    first = 0 if start is None else math.ceil(min(start, duration) * fps)
    last = total - 1 if end is None else min(math.floor(min(end, duration) * fps), total - 1)
    if first >= last:
        raise ValueError("an empty span")
    return first, last


def official_indices(first, last, fps, wanted, most):
    total = last - first + 1
    frames = total / fps * (wanted or OFFICIAL_FPS)
    frames = min(min(max(frames, 4), (most or OFFICIAL_MOST) // 2 * 2), total)
    frames = math.floor(frames / 2) * 2
    if not 2 <= frames <= total:
        raise ValueError("not enough frames")
    return torch.linspace(first, last, frames).round().long().tolist()


def transformers_indices(processor, total, fps, wanted, most):
    own = Qwen3VLVideoProcessor(max_frames=most) if most else processor
    metadata = VideoMetadata(total_num_frames=total, fps=fps)
    return own.sample_frames(metadata, fps=wanted or None).tolist()


def vllm_indices(processor, total, fps, wanted, most):
    frames = min(most or 32, total)
    if wanted:
        frames = min(frames, math.floor(total / fps * wanted))
    frames = max(1, frames)
    if frames == total:
        return transformers_indices(processor, total, fps, None, None)
    return np.linspace(0, total - 1, frames, dtype=int).tolist()


def file_indices(rules, processor, total, fps, wanted, most, start, end):
    if total < 2:
        raise ValueError("one frame")
    first, last = span(total, fps, start, end)
    if rules == OFFICIAL:
        return official_indices(first, last, fps, wanted, most)
    choose = transformers_indices if rules == TRANSFORMERS else vllm_indices
    return [first + index for index in choose(processor, last - first + 1, fps, wanted, most)]


def timestamps(indices, fps):
    return [f"{seconds:.1f}" for seconds in Qwen3VLProcessor._calculate_timestamps(None, list(indices), fps, 2)]


# Which sizes


def listed_size(height, width):
    return utils_resize(height, width, 4 * TOKEN, 16384 * TOKEN)


def frame_size(rules, processor, frames, height, width, listed):
    if rules == OFFICIAL:
        least = 128 * TOKEN
        total = LIST_PIXELS if listed else 128000 * TOKEN * 0.9
        most = max(min(768 * TOKEN, total / frames * 2), int(least * 1.05))
        return utils_resize(height, width, least, most)
    return smart_resize(
        frames, height, width, temporal_factor=2, factor=FACTOR,
        min_pixels=processor.size["shortest_edge"], max_pixels=processor.size["longest_edge"])


def resized_floats(video, size):
    return torchvision_v1.resize(video, list(size), interpolation=InterpolationMode.BICUBIC, antialias=True)


def resized_bytes(video, size):
    return torchvision_v2.resize(video, list(size), interpolation=InterpolationMode.BICUBIC, antialias=True)


# Which samples


def tensor(frames):
    return torch.from_numpy(np.ascontiguousarray(frames.transpose(0, 3, 1, 2)))


def prepared(rules, processor, frames, listed, size=None):
    """Patches, grid and resized frames of frames that were chosen already."""
    if rules == OFFICIAL:
        if listed:
            h, w = listed_size(*frames.shape[1:3])
            pictures = [np.asarray(Image.fromarray(frame).resize((w, h))) for frame in frames]
            if len(pictures) % 2:
                pictures.append(pictures[-1])
            frames = np.stack(pictures)
        size = frame_size(rules, processor, len(frames), *frames.shape[1:3], listed)
        video = resized_floats(tensor(frames), size)
        own = processor(video.float(), do_resize=False, do_sample_frames=False, return_tensors="pt")
    else:
        size = frame_size(rules, processor, len(frames), *frames.shape[1:3], listed)
        video = resized_bytes(tensor(frames), size)
        own = processor(tensor(frames), do_sample_frames=False, cap_pixels_per_frame=False, return_tensors="pt")
    if len(video) % 2:
        video = torch.cat([video, video[-1:]])
    grid = own["video_grid_thw"][0]
    assert grid.tolist() == [len(video) // 2, size[0] // 16, size[1] // 16]
    return own["pixel_values_videos"].float(), grid, video


def listed_times(rules, count, fps):
    if rules == TRANSFORMERS:
        return timestamps(range(count), fps or 24)
    return timestamps(range(count + count % 2), fps or LISTED_FPS)


def pieces(rules, times):
    out = []
    for time in times:
        out += [(APART if rules == VLLM else TEXT, f"<{time} seconds>"), (CONTROL, "<|vision_start|>"),
                (CONTROL, "<|video_pad|>"), (CONTROL, "<|vision_end|>")]
    return out


# The tables


def sampling_table(processor, draw):
    rows = []
    for rules in RULES:
        for _ in range(400):
            total = draw.choice([draw.randint(2, 40), draw.randint(2, 600), draw.randint(2, 30000)])
            fps = draw.choice([0.5, 1, 2, 7.3, 12, 14.985, 24000 / 1001, 24, 25, 30000 / 1001, 30, 50, 60, 120])
            wanted = draw.choice([0, 0, 0, 0.2, 0.5, 1, 2, 3.7, 10])
            most = draw.choice([0, 0, 2, 3, 5, 16, 64, 100, 768])
            start, end = draw.choice([(None, None), (None, None), (round(draw.uniform(0, 20), 2), None),
                                      (None, round(draw.uniform(0.5, 40), 2)),
                                      (round(draw.uniform(0, 9), 1), round(draw.uniform(9.5, 60), 1))])
            height, width = draw.randint(16, 1400), draw.randint(16, 1400)
            try:
                indices = file_indices(rules, processor, total, fps, wanted, most, start, end)
                times = timestamps(indices, fps)
                size = frame_size(rules, processor, len(indices), height, width, False)
                found = checksum(",".join(map(str, indices)), ";", ",".join(times), ";", f"{size[0]},{size[1]}")
            except ValueError:
                found = "refused"
            rows.append(dict(rules=rules, total=total, fps=fps, wanted=wanted, most=most, start=start, end=end,
                             height=height, width=width, found=found))
    return rows


def size_table(processor, draw):
    """Of lists of frames, and of odd numbers of frames."""
    rows = []
    for rules in RULES:
        for _ in range(60):
            frames = draw.randint(2, 70)
            height, width = (draw.choice([draw.randint(1, 60), draw.randint(20, 3000)]) for _ in range(2))
            try:
                before = (height, width)
                if rules == OFFICIAL:
                    frames += frames % 2
                    before = listed_size(height, width)
                size = frame_size(rules, processor, frames, *before, True)
                # Where qwen-vl-utils ends with a side of nothing, nothing can be compared.
                found = list(before) + list(size) if min(*before, *size) > 0 else "refused"
            except ValueError:
                found = "refused"
            rows.append(dict(rules=rules, frames=frames, height=height, width=width, found=found))
    return rows


def resize_table(draw):
    rows = []
    shapes = [(36, 50, 64, 96), (97, 61, 32, 64), (64, 64, 64, 160), (33, 200, 96, 200), (211, 157, 64, 64), (5, 9, 64, 32)]
    for number, (h, w, to_h, to_w) in enumerate(shapes):
        video = tensor(frames_of(2, h, w, number))
        noise = torch.from_numpy(np.random.default_rng(number).integers(0, 256, (1, 3, h, w), dtype=np.uint8))
        rows.append(dict(
            height=h, width=w, to=[to_h, to_w], seed=number,
            floats=checksum(resized_floats(video, (to_h, to_w)).permute(0, 2, 3, 1)),
            bytes=checksum(resized_bytes(video, (to_h, to_w)).permute(0, 2, 3, 1))))
        assert resized_bytes(noise, (to_h, to_w)).dtype == torch.uint8
    return rows


def sample_table(processor):
    rows = []
    for rules in RULES:
        for listed, count, height, width in [(True, 4, 61, 83), (True, 3, 96, 64), (False, 4, 47, 90), (False, 6, 130, 100)]:
            frames = frames_of(count, height, width, 11)
            patches, grid, video = prepared(rules, processor, frames, listed)
            rows.append(dict(
                rules=rules, listed=listed, frames=count, height=height, width=width, grid=grid.tolist(),
                samples=checksum(video.permute(0, 2, 3, 1)), patches=checksum(patches)))
    return rows


def video(count, height, width, seed, fps=0):
    return {"video": dict(frames=count, height=height, width=width, seed=seed, fps=fps)}


CASES = [
    dict(name="clip", query=[text("a red circle")], document=[video(4, 60, 80, 1)]),
    dict(name="odd", query=[text("something moves")], document=[video(3, 90, 70, 2), text("It goes on.")]),
    dict(name="mix", query=[text("all of it")], document=[text("words"), image(TINY), video(2, 64, 64, 3), image(WIDE)]),
    dict(name="query", query=[video(4, 50, 90, 4)], document=[video(2, 90, 50, 5), video(5, 40, 40, 6), text("x")]),
    dict(name="rate", query=[text("slow")], document=[video(4, 60, 80, 1, 0.3)]),
]


LENGTHS = (40, 90, 300, 460)


def truncated(tokenizer, ids, length):
    """As the official script of the reranker cuts a prompt: special tokens stay, and so do the first others."""
    special = {id for id, token in tokenizer.get_added_tokens_decoder().items() if token.special}
    before, end = ids[:-5], ids[-5:]
    if len(before) > length:
        room = max(length - sum(id in special for id in before), 0)
        kept = []
        for id in before:
            if id in special:
                kept.append(id)
            elif room > 0:
                kept.append(id)
                room -= 1
        before = kept
    return before + end


LONG = dict(query=[text("what is long")], document=[text(" ".join(SENTENCES * 5)), image(TINY)])


class VideoReference:
    def __init__(self, folder, tokenizer, rules):
        self.reference = Reference(folder, tokenizer)
        self.tokenizer, self.rules = tokenizer, rules
        self.processor = Qwen3VLVideoProcessor()

    def read(self, parts, root):
        """Parts with their pieces; patches and grids of images and videos."""
        read, videos = [], []
        for part in parts:
            if "video" in part:
                spec = part["video"]
                frames = frames_of(spec["frames"], spec["height"], spec["width"], spec["seed"])
                patches, grid, _ = prepared(self.rules, self.processor, frames, True)
                videos.append((patches, grid))
                part = dict(pieces=pieces(self.rules, listed_times(self.rules, spec["frames"], spec["fps"])))
            read.append(part)
        _, patches, grids = self.reference.images(parts, root, None, None)
        return read, videos, patches, grids

    def inputs(self, prompt, videos, patches, grids):
        slices = [int(grid[1] * grid[2]) // 4 for _, grid in videos for _ in range(int(grid[0]))]
        images = [int(grid.prod()) // 4 for grid in grids]
        ids = torch.tensor([prompts.encode(self.tokenizer, prompt, images, slice_tokens=slices)])
        pad = self.tokenizer.token_to_id("<|video_pad|>")
        types = (ids == self.tokenizer.token_to_id("<|image_pad|>")).int() + 2 * (ids == pad).int()
        inputs = dict(input_ids=ids, attention_mask=torch.ones_like(ids), mm_token_type_ids=types)
        if patches:
            inputs |= dict(pixel_values=torch.cat(patches), image_grid_thw=torch.cat(grids))
        if videos:
            inputs |= dict(pixel_values_videos=torch.cat([p for p, _ in videos]),
                           video_grid_thw=torch.stack([g for _, g in videos]))
        return ids, inputs

    @torch.no_grad()
    def last(self, model, inputs):
        return model.model(**inputs).last_hidden_state[0, -1]

    def cut(self, case, root, length):
        """Ids of a prompt that is cut."""
        query, *read = self.read(case["query"], root)
        document, *more = self.read(case["document"], root)
        ids, _ = self.inputs(prompts.pieces(query, document), *(a + b for a, b in zip(read, more)))
        return truncated(self.tokenizer, ids[0].tolist(), length)

    def score(self, case, root):
        query, *read = self.read(case["query"], root)
        document, *more = self.read(case["document"], root)
        videos, patches, grids = (a + b for a, b in zip(read, more))
        ids, inputs = self.inputs(prompts.pieces(query, document), videos, patches, grids)
        eager, sdpa, low = (self.last(m, inputs) for m in (self.reference.eager, self.reference.sdpa, self.reference.bf16))
        logit = float(score_weight(self.reference.eager) @ eager)
        gap = abs(float(score_weight(self.reference.sdpa) @ sdpa) - logit)
        assert gap < 1e-3, gap
        head = score_weight(self.reference.bf16.float())
        return dict(ids=checksum(",".join(map(str, ids[0].tolist()))), tokens=ids.shape[1], logit=logit,
                    logit_bf16=float(head @ low.float()))

    def vector(self, parts, root):
        parts, videos, patches, grids = self.read(parts, root)
        ids, inputs = self.inputs(embedding_pieces(dict(input=parts)), videos, patches, grids)
        state = self.last(self.reference.eager, inputs)
        return dict(ids=checksum(",".join(map(str, ids[0].tolist()))), tokens=ids.shape[1],
                    vector=torch.nn.functional.normalize(state, dim=-1).tolist())


def model_table(root, tokenizer):
    scores, vectors, cuts = [], [], []
    for checkpoint, rules in [("tied_gqa2", OFFICIAL), ("tied_gqa2", TRANSFORMERS), ("tied_gqa2", VLLM),
                              ("heads72_f16", OFFICIAL), ("untied_gqa1_sharded", TRANSFORMERS), ("gqa8_f32", VLLM)]:
        reference = VideoReference(root / checkpoint / "model", tokenizer, rules)
        for case in CASES:
            found = reference.score(case, root)
            scores.append(dict(checkpoint=checkpoint, rules=rules, **case, **found))
            print(checkpoint, rules, case["name"], found, flush=True)
        if (checkpoint, rules) == ("tied_gqa2", OFFICIAL):
            for case in [*CASES, LONG]:
                for length in LENGTHS:
                    ids = reference.cut(case, root, length)
                    cuts.append(dict(query=case["query"], document=case["document"], length=length, tokens=len(ids),
                                     ids=checksum(",".join(map(str, ids)))))
        for case in CASES[:3]:
            found = reference.vector(case["document"], root)
            vectors.append(dict(checkpoint=checkpoint, rules=rules, name=case["name"], input=case["document"], **found))
    return dict(scores=scores, vectors=vectors, cuts=cuts)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fixtures", type=Path, required=True)
    parser.add_argument("--skip-models", action="store_true", help="tables of frames, sizes and samples alone")
    root = parser.parse_args().fixtures
    torch.set_num_threads(1)
    torch.manual_seed(0)
    logging.set_verbosity_error()
    processor = Qwen3VLVideoProcessor()
    draw = random.Random(20)
    tables = dict(sampling=sampling_table(processor, draw), sizes=size_table(processor, draw),
                  resizes=resize_table(draw), samples=sample_table(processor))
    if not parser.parse_args().skip_models:
        tables |= model_table(root, prompts.load_tokenizer(root / "tokenizer/tokenizer.json"))
    rows = {name: "[\n" + ",\n".join(json.dumps(row) for row in table) + "\n]" for name, table in tables.items()}
    text = ",\n".join(f'"{name}": {table}' for name, table in rows.items())
    write_gz(root / "videos.json.gz", ("{\n" + text + "\n}\n").encode())


if __name__ == "__main__":
    main()
