"""The PyTorch side of bench's VideoSpeed: embeds a video for each line on its standard input, from picture files of its
frames to the vector, as the script of Qwen3-VL-Embedding does with a list of frames.

`embed FILE` answers with seconds, tokens, the vector and the process's peak memory in bytes; `warm FILE` embeds the video
and settles on the faster attention. Needs torchvision besides.
"""

import json
import resource
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from transformers.models.qwen3_vl.video_processing_qwen3_vl import Qwen3VLVideoProcessor

import devices
import prompts
import videos
import workers
from embeddings import pieces
from run_model import load

ATTENTIONS = ("sdpa", "eager")


class VideoEmbedder:
    def __init__(self, folder, device, dtype):
        self.device = device
        whole = load(folder, dtype, ATTENTIONS[0])
        devices.place(whole, device)
        self.model = whole.model
        self.tokenizer = prompts.load_tokenizer(Path(folder) / "tokenizer.json")
        self.processor = Qwen3VLVideoProcessor.from_pretrained(folder)

    def description(self):
        weight = next(self.model.parameters())
        return f"PyTorch {torch.__version__}, {weight.dtype}, {devices.describe(self.device)}"

    def inputs(self, files):
        frames = np.stack([np.asarray(Image.open(file).convert("RGB")) for file in files])
        patches, grid, _ = videos.prepared(videos.OFFICIAL, self.processor, frames, True)
        times = videos.listed_times(videos.OFFICIAL, len(files), 0)
        prompt = pieces(dict(input=[dict(pieces=videos.pieces(videos.OFFICIAL, times))]))
        slices = [int(grid[1] * grid[2]) // 4] * int(grid[0])
        ids = torch.tensor([prompts.encode(self.tokenizer, prompt, slice_tokens=slices)])
        types = 2 * (ids == self.tokenizer.token_to_id("<|video_pad|>")).int()
        tensors = dict(input_ids=ids, attention_mask=torch.ones_like(ids), mm_token_type_ids=types,
                       pixel_values_videos=patches.to(next(self.model.parameters()).dtype), video_grid_thw=grid[None])
        return {name: tensor.to(self.device) for name, tensor in tensors.items()}

    def embed(self, files):
        devices.finish(self.device)
        start = time.perf_counter()
        inputs = self.inputs(files)
        state = self.model(**inputs).last_hidden_state[0, -1]
        vector = torch.nn.functional.normalize(state.float(), dim=-1).cpu()
        return time.perf_counter() - start, vector, inputs["input_ids"].shape[1]

    def answer(self, order, file):
        files = json.loads(Path(file).read_text())
        if order == "warm":
            seconds = {}
            for attention in ATTENTIONS:
                self.model.set_attn_implementation(attention)
                seconds[attention] = self.embed(files[: len(files) // 3])[0]
            fastest = min(seconds, key=seconds.get)
            self.model.set_attn_implementation(fastest)
            return f"{fastest} attention"
        assert order == "embed", order
        seconds, vector, tokens = self.embed(files)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return json.dumps(dict(seconds=seconds, tokens=tokens, vector=vector.tolist(), peak=peak))


def main():
    parser = workers.arguments()
    parser.add_argument("--dtype", choices=devices.DTYPES, default="bf16")
    options = parser.parse_args()
    workers.serve(options, lambda: VideoEmbedder(options.model, options.device, devices.DTYPES[options.dtype]))


main()
