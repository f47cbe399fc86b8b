"""What the PyTorch sides of the comparisons share: a line on standard input is asked, a line on standard output is the
answer, and between lines the process sleeps. The first line says that the worker is ready, and what it is."""

import argparse
import sys

import torch
import transformers
from PIL import Image
from transformers import AutoImageProcessor, AutoTokenizer, Qwen3VLProcessor
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import smart_resize

import devices
from pictures import fit, to_rgb

# The image budget of Qwen's scripts.
LEAST_PIXELS, MOST_PIXELS = 4 * 32 * 32, 1800 * 32 * 32


class Processor(Qwen3VLProcessor):
    """The model's processor without its half for videos, which needs torchvision."""

    def check_argument_for_proper_class(self, argument_name, argument):
        if argument_name != "video_processor":
            super().check_argument_for_proper_class(argument_name, argument)


def processor(folder):
    """Of a model; prompts are padded on the left, so that the last position is the last token's."""
    return Processor(
        image_processor=AutoImageProcessor.from_pretrained(folder),
        tokenizer=AutoTokenizer.from_pretrained(folder, padding_side="left"))


def picture(file):
    """A picture file as Qwen's scripts resize it."""
    return fit(to_rgb(Image.open(file)), smart_resize, LEAST_PIXELS, MOST_PIXELS)


def arguments():
    """A parser with the options of all workers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--device", choices=devices.DEVICES, default="cpu")
    return parser


def serve(options, open_worker):
    """Prepares PyTorch, opens the worker, and answers lines until there are no more.

    open_worker() gives an object with description(), a line, and with answer(order, rest): a line for a line's first word
    and what stands behind it.
    """
    devices.prepare(options.device)
    torch.set_num_threads(options.threads)
    # Answers go where stdout was; what libraries print joins stderr.
    answers, sys.stdout = sys.stdout, sys.stderr
    transformers.utils.logging.disable_progress_bar()
    worker = open_worker()
    print("ready " + worker.description(), file=answers, flush=True)
    with torch.inference_mode():
        for line in sys.stdin:
            print(worker.answer(*line.rstrip("\n").split(" ", 1)), file=answers, flush=True)
