"""Fixtures that need no model: resizing, sizes, decoding, tokenizers; and the demo model's scores."""

import json
import shutil

import numpy as np
import torch
from PIL import Image, ImageDraw
from safetensors.torch import save_file
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import smart_resize

import prompts
from cases import CONTROL, UNUSUAL
from checkpoints import write_json, write_json_gz
from pictures import picture, to_rgb, utils_resize


def tensor(image):
    return torch.from_numpy(np.array(image))


def resizes(out):
    shapes = [(20, 33, 64, 96), (75, 110, 64, 96), (97, 41, 32, 32), (64, 50, 64, 96), (50, 64, 96, 64), (3, 5, 32, 64),
              (1, 1, 32, 32), (130, 17, 32, 64), (33, 31, 32, 32), (64, 64, 64, 64), (7, 90, 96, 32), (63, 65, 64, 64)]
    # Around a height of a hundred times the width, above which Pillow goes vertically first if the height shrinks.
    shapes += [(1, 100, 32, 96), (1, 101, 32, 96), (1, 101, 32, 128), (1, 101, 32, 101), (1, 101, 1, 96), (2, 201, 32, 64), (2, 200, 32, 64),
               (3, 301, 2, 300), (3, 301, 32, 302), (5, 501, 8, 500), (7, 1400, 32, 96), (15, 1540, 32, 224), (16, 1600, 32, 224), (1, 200, 32, 352),
               (200, 1, 352, 32), (101, 1, 96, 32), (200, 2, 64, 32), (64, 50, 64, 32), (50, 64, 32, 64)]
    tensors = {}
    for i, (w, h, w2, h2) in enumerate(shapes):
        source = picture(100 + i, w, h)
        tensors |= {f"case{i:02d}.in": tensor(source), f"case{i:02d}.out": tensor(source.resize((w2, h2)))}
    (out / "resize").mkdir(exist_ok=True)
    save_file(tensors, out / "resize" / "bicubic.safetensors")


def sizes(out):
    ask = [(16 + 32 * i, 16 + 32 * j) for i in range(8) for j in range(8)]
    ask += [(h, w) for h in (1, 31, 32, 33, 47, 49, 80, 112, 1000) for w in (5, 32, 63, 200, 777)]
    ask += [(h, w) for h in (1, 9, 15, 16, 17) for w in (100, 150, 200, 1000, 1777, 3200)]  # strips
    ask += [(w, h) for h, w in ask[-30:]]
    ask += [(4000, 3000), (1080, 1920), (2160, 3840), (200, 1), (1, 200), (201, 1), (1, 201), (32, 6400), (32, 6432), (6500, 32)]
    rows = []
    for h, w in ask:
        for low, high in ((4096, 1310720), (4096, 1843200), (16384, 32768)):
            if low == 4096 and high == 1843200 and h * w < 1000000:
                continue
            row = dict(height=h, width=w, min_pixels=low, max_pixels=high)
            try:
                row["VLLM"] = list(smart_resize(h, w, 32, low, high))
                official = utils_resize(h, w, low, high)
                row["OFFICIAL"] = list(official) if all(official) else None  # Pillow refuses sides of 0
            except ValueError as error:
                row["error"] = str(error)
            rows.append(row)
    write_json_gz(out / "smart_resize.json.gz", dict(factor=32, rows=rows))


def decodes(out):
    folder = out / "decode"
    folder.mkdir(exist_ok=True)
    rgb, rgba = picture(200, 37, 29), picture(201, 37, 29, 4)
    gray = rgb.convert("L")
    palette = rgb.quantize(16)
    wide = Image.fromarray((np.asarray(gray).astype(np.uint16) * 257)[:, ::-1].copy())
    exif = Image.Exif()
    exif[0x0112] = 6
    j = dict(quality=88)
    jobs = {
        "rgb.png": (rgb, {}), "rgba.png": (rgba, {}), "gray.png": (gray, {}),
        "gray_alpha.png": (rgba.convert("LA"), {}), "palette.png": (palette, {}),
        "palette_trns.png": (palette, dict(transparency=3)), "gray16.png": (wide, {}), "bilevel.png": (rgb.convert("1"), {}),
        "s420.jpg": (rgb, j | dict(subsampling="4:2:0")), "s422.jpg": (rgb, j | dict(subsampling="4:2:2")),
        "s444.jpg": (rgb, j | dict(subsampling="4:4:4")), "progressive.jpg": (rgb, j | dict(progressive=True)),
        "gray.jpg": (gray, j), "cmyk.jpg": (rgb.convert("CMYK"), j), "exif_rotated.jpg": (rgb, j | dict(exif=exif)),
        "two_frames.gif": (palette, dict(save_all=True, append_images=[palette.rotate(180)])), "rgb.bmp": (rgb, {}),
        "lzw.tiff": (rgb, dict(compression="tiff_lzw")), "none.tiff": (rgb, {}),
        "lossless.webp": (rgb, dict(lossless=True)), "lossless_alpha.webp": (rgba, dict(lossless=True)),
        "lossy.webp": (rgb, dict(quality=80)),
    }
    modes = {}
    for name, (image, options) in jobs.items():
        image.save(folder / name, **options)
        with Image.open(folder / name) as opened:
            modes[name] = opened.mode
            save_file({"rgb": tensor(to_rgb(opened))}, folder / f"{name}.rgb.safetensors")
    write_json(folder / "modes.json", modes)


STRINGS = [
    "", " ", "  ", "\n", "\r\n", "\t\t x", "hello", " hello", "Hello World", "hello  world ", "a\n\nb", "a \n b", "x   \n\n  y",
    "don't I'M we'Ll they'd 'tis it's'", "123456", "3.14159", "1,234,567.89", "a1b2c3", "\u0661\u0662\u0663", "\u00bd\u00b2\u2167",
    "caf\u00e9", "cafe\u0301", "A\u030a\u212b", "\u1100\u1161\u11a8", "\u1e9b\u0323", "e\u0327\u0301", "\u0344", "\ufb01 \u01c6",
    "\u4f60\u597d\uff0c\u4e16\u754c\u3002", "\u65e5\u672c\u8a9e\u30c6\u30b9\u30c8", "\ud55c\uad6d\uc5b4", "\u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "\u05e9\u05dc\u05d5\u05dd", "\u0939\u093f\u0928\u094d\u0926\u0940", "\u0e44\u0e17\u0e22", "\u041f\u0440\u0438\u0432\u0435\u0442",
    "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f3f3\ufe0f\u200d\U0001f308", "\U00010348\U0001d54f", "\u200b\u200d\u200e",
    "\u00a0x\u3000y\u2028z", "\u0085x\u001cy\u000bz", "\u0000\u0007", "def f(x):\n    return x**2  # \u2713\n", "$x=\\frac{1}{2}$", "{\"a\":[1,2]}",
    "https://example.org/a?b=c&d=%20", "<div class='x'>", "!!!???...", "--- *** ___", "\u2014\u201cquoted\u201d\u2026", "\u017f's \u212a", "'\u017f x'\u017f",
    "\u0130stanbul \u00df", "<|im_start|>", "a<|im_end|>b", "<|image_pad|><|vision_start|>", "<|endoftext|", "<think>x</think>",
    "<tool_call>", "x" * 70, " " * 40 + "x", UNUSUAL, CONTROL,
]
GRAVITY = ("Gravity is a force that attracts two bodies towards each other. It gives weight to physical objects and is "
           "responsible for the movement of planets around the sun.")
PAIRS = [("What is the capital of China?", "The capital of China is Beijing.", 79),
         ("What is the capital of China?", GRAVITY, 102),
         ("A cat standing in the snow.", "This product was excellent and exceeded my expectations.", 81)]


def tokens(tokenizer, path, qwen):
    rows = [dict(text=s, ids=prompts.encode_text(tokenizer, s), parsed_ids=prompts.encode_text(tokenizer, s, True))
            for s in STRINGS]
    pairs = []
    for query, document, count in PAIRS:
        prompt = prompts.pieces([{"text": query}], [{"text": document}])
        ids = prompts.encode(tokenizer, prompt)
        assert ids == prompts.encode_text(tokenizer, prompts.render(prompt), True)
        assert not qwen or len(ids) == count, (len(ids), count)
        pairs.append(dict(query=query, document=document, prompt=prompts.render(prompt), tokens=len(ids), ids=ids))
    path.write_text(json.dumps(dict(strings=rows, prompts=pairs), ensure_ascii=True) + "\n")


CUT = [
    "", "hello", "hello world, hello", "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 x\U0001f3f3\ufe0f\u200d\U0001f308",
    "\u4f60\u597d\uff0c\u4e16\u754c\u3002\u9f98", "cafe\u0301 A\u030a\u212bz e\u0327\u0301\u0344 \u1100\u1161\u11a8q", "\ufffdx\ufffd",
    "a    b\t\t\tc   \n\n  d ", "one\r\ntwo\r\n\r\nthree\r", "don't they'll 1234.5", "\U00010348\U0001d54f\u200b",
    "a<|im_end|>b<|im_start|><think> <|image_pad|", "\u0e44\u0e17\u0e22 \u0939\u093f\u0928\u094d\u0926\u0940",
]


def cuts(tokenizer, path):
    """Texts cut after 1, 2, ... tokens, as vLLM does it: how many code points are left, until one more than all tokens."""
    def lengths(text, parse_special):
        tokenizer.encode_special_tokens = not parse_special
        ends = [end for _, end in tokenizer.encode(text, add_special_tokens=False).offsets]
        tokenizer.encode_special_tokens = False
        return [ends[n - 1] if n < len(ends) else len(text) for n in range(1, len(ends) + 2)]

    rows = [dict(text=s, cuts=lengths(s, False), parsed_cuts=lengths(s, True)) for s in CUT]
    path.write_text(json.dumps(rows, ensure_ascii=True) + "\n")


def drawing(spec):
    """Shapes fill the middle two thirds: [w/6, h/6] to [5w/6 - 1, 5h/6 - 1]."""
    width, height = spec["size"]
    image = Image.new("RGB", (width, height), tuple(spec["ground"]))
    draw, fill = ImageDraw.Draw(image), tuple(spec["fill"])
    x0, y0, x1, y1 = width // 6, height // 6, width - width // 6 - 1, height - height // 6 - 1
    if spec["shape"] == "triangle":
        draw.polygon([(width // 2, y0), (x1, y1), (x0, y1)], fill=fill)
    else:
        {"circle": draw.ellipse, "square": draw.rectangle}[spec["shape"]]([x0, y0, x1, y1], fill=fill)
    return image


def demo(reference, source, out):
    folder = out / "demo"
    folder.mkdir(exist_ok=True)
    groups = json.loads((source / "reference_scores.json").read_text())
    worst, rows = 0.0, []
    for number, group in enumerate(groups):
        def part(value, name):
            if "text" in value:
                return value, value
            image = drawing(value["drawing"])
            image.save(folder / name, optimize=True)
            return {"image": image}, {"image": f"demo/{name}"}

        query, query_row = part(group["query"], f"group{number}_query.png")
        row = dict(query=[query_row], documents=[], logits=[], logits_bf16=[], logits_bf16_fp32head=[])
        for i, (value, want) in enumerate(zip(group["documents"], group["logits"])):
            document, document_row = part(value, f"group{number}_document{i}.png")
            _, got, _ = reference.run([query], [document], out)
            worst = max(worst, abs(float(got["logits"]) - want))
            row["documents"].append([document_row])
            for key in ("logits", "logits_bf16", "logits_bf16_fp32head"):
                row[key].append(float(got[key]))
        rows.append(row)
    assert worst < 1e-5, worst
    if source.resolve() != folder.resolve():
        shutil.copyfile(source / "reference_scores.json", folder / "reference_scores.json")
    write_json(folder / "cases.json", rows)
    print(f"demo: float32 reproduces reference_scores.json within {worst:.1e}")
