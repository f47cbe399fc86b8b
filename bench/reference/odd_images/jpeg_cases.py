"""Odd JPEGs: samplings, component ids, colour segments, metadata, scan scripts, entropy coders, damage."""

import io
import itertools
import struct

import numpy as np
from PIL import Image

from jpeg_arithmetic import arithmetic
from jpeg_writer import (
    DC_TABLE, DEEP_DC_TABLE, EOI, FLAT_TABLE, LONG_TABLE, SOI, Component, HuffmanBits, Picture, adobe, huffman, jfif,
    lossless, progressive, quantization, restart_interval, segment, sequential,
    sequential_block, split,
)

YCC = (1, 2, 3)
FULL = ((1, 1),) * 3
QUANTIZER = [3 + i // 3 for i in range(64)]
TABLES = huffman(0, 0, DC_TABLE) + huffman(1, 0, FLAT_TABLE)
LOSSLESS_TABLE = (bytes([0, 0, 0, 0, 17] + [0] * 11), bytes(range(17)))
SAMPLINGS = (  # luminance and chrominance, also what only decoders in the field make of the standard
    "11 11 11", "21 11 11", "12 11 11", "22 11 11", "41 11 11", "14 11 11", "42 11 11", "24 11 11", "31 11 11",
    "13 11 11", "32 11 11", "33 11 11", "22 21 12", "22 12 21", "22 22 11", "22 21 21", "22 12 12", "11 22 11",
    "11 11 22", "11 21 12", "12 21 11", "21 12 11", "41 21 11", "14 12 11", "24 12 11", "42 21 11", "22 22 22",
    "31 21 11", "13 12 11", "23 11 11", "44 11 11", "11 12 21", "21 22 22", "21 11 21",
)


def plane(rng, width, height):
    y, x = np.mgrid[0:height, 0:width].astype(float)
    a, b, phase = rng.uniform(0.05, 0.6), rng.uniform(0.05, 0.6), rng.uniform(0, 6)
    smooth = 127 + 110 * np.sin(a * x + phase) * np.cos(b * y) + rng.normal(0, 4, (height, width))
    return np.clip(smooth, 0, 255).astype(int)


def picture(rng, width, height, sampling=FULL, ids=YCC, quantizers=(QUANTIZER,), unit=8):
    h, v = max(s[0] for s in sampling), max(s[1] for s in sampling)
    components = []
    for id, (ch, cv) in zip(ids, sampling):
        size = (-(-width * ch // h), -(-height * cv // v))
        if unit == 1:
            size = (-(-width // h) * ch, -(-height // v) * cv)
        components.append(Component(id, ch, cv, plane(rng, *size)))
    return Picture(width, height, components, list(quantizers), unit)


def baseline(p, head=b"", interval=0, dc=DC_TABLE, ac=FLAT_TABLE, marker=0xC0):
    everything = range(len(p.components))
    tables = huffman(0, 0, dc) + huffman(1, 0, ac) + (restart_interval(interval) if interval else b"")
    data = sequential(p, everything, interval, dc, ac)
    return SOI + head + p.tables() + p.frame(marker) + tables + p.scan_header(everything) + data + EOI


def samplings(rng):
    for text, (width, height) in itertools.product(SAMPLINGS, ((37, 29), (5, 3))):
        sampling = [(int(s[0]), int(s[1])) for s in text.split()]
        yield f"sampling_{text.replace(' ', '_')}_{width}x{height}", baseline(picture(rng, width, height, sampling), jfif())
    for h, v in ((2, 1), (2, 2), (1, 2)):
        for size in ((1, 1), (2, 2), (3, 4), (4, 3), (8, 8), (9, 17), (16, 16), (17, 33), (33, 1), (1, 33), (67, 43)):
            yield f"fancy_{h}{v}_{size[0]}x{size[1]}", baseline(picture(rng, *size, ((h, v), (1, 1), (1, 1))), jfif())
    for h, v in ((1, 1), (2, 2), (4, 3)):
        yield f"gray_{h}{v}", baseline(picture(rng, 21, 19, [(h, v)], [1]))
    for text in ("22 11 11 22", "21 21 11 11", "11 11 11 22"):
        sampling = [(int(s[0]), int(s[1])) for s in text.split()]
        yield f"cmyk_{text.replace(' ', '_')}", baseline(picture(rng, 21, 19, sampling, (1, 2, 3, 4)), adobe(2))


def colours(rng):
    heads = {"": b"", "jfif": jfif(), **{f"adobe{i}": adobe(i) for i in (0, 1, 2, 3, 255)}}
    heads["jfif_adobe0"], heads["adobe2_jfif"] = jfif() + adobe(0), adobe(2) + jfif()
    heads["short_adobe0"] = segment(0xEE, b"Adobe\0\x64\0\0\0\0")
    heads["short_jfif_adobe0"] = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0") + adobe(0)
    ids = {"123": YCC, "RGB": b"RGB", "rgb": b"rgb", "012": (0, 1, 2), "321": (3, 2, 1), "555": (5, 5, 5)}
    for (head, content), (name, three) in itertools.product(heads.items(), ids.items()):
        yield f"colour_{name}_{head}", baseline(picture(rng, 12, 9, FULL, three), content)
    for head, content in heads.items():
        yield f"colour_four_{head}", baseline(picture(rng, 12, 9, FULL + ((1, 1),), (1, 2, 3, 4)), content)
    for count in (1, 2, 5):
        p = picture(rng, 12, 9, ((1, 1),) * count, range(1, count + 1))
        yield f"colour_{count}_components", baseline(p, jfif()) if count < 5 else SOI + p.tables() + p.frame(0xC0) + EOI


def encoded(rng, width=27, height=18, mode="RGB", **options):
    out = io.BytesIO()
    planes = np.stack([plane(rng, width, height) for _ in range(3)], -1).astype(np.uint8)
    Image.fromarray(planes).convert(mode).save(out, "JPEG", **options)
    return out.getvalue()


def pillows_own(rng):
    for quality, subsampling, progressive in itertools.product((1, 60, 100), (0, 1, 2), (False, True)):
        options = dict(quality=quality, subsampling=subsampling, progressive=progressive)
        yield f"pillow_q{quality}_s{subsampling}_{'p' if progressive else 'b'}", encoded(rng, **options)
    for mode in ("L", "CMYK"):
        yield f"pillow_{mode}", encoded(rng, mode=mode, progressive=mode == "CMYK")
    yield "pillow_keep_rgb", encoded(rng, keep_rgb=True)
    yield "pillow_optimized", encoded(rng, optimize=True, restart_marker_blocks=1)
    out = io.BytesIO()
    frames = [Image.fromarray(plane(rng, 20, 14).astype(np.uint8)) for _ in range(3)]
    frames[0].save(out, "MPO", save_all=True, append_images=frames[1:])
    yield "mpo", out.getvalue()
    index = out.getvalue().index(b"MPF\0")
    yield "mpo_index_broken", out.getvalue()[: index + 4] + b"XX" + out.getvalue()[index + 6 :]
    yield "mpo_index_of_four", out.getvalue().replace(struct.pack("<HHLL", 0xB001, 4, 1, 3), struct.pack("<HHLL", 0xB001, 4, 1, 4))


def exif(order, entries, offset=8):
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return b"Exif\0\0" + mark + struct.pack(order + "LH", offset, len(entries)) + b"".join(
        struct.pack(order + "HHL", *e[:3]) + e[3] for e in entries) + bytes(4)


def metadata(rng):
    sound = encoded(rng, subsampling=2)

    def with_head(head):
        return SOI + head + sound[2:]

    def icc(number, count, data=b"profile"):
        return segment(0xE2, b"ICC_PROFILE\0" + bytes([number, count]) + data)

    def xmp(text):
        return segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + text)

    heads = {
        "icc_1_of_0": icc(1, 0), "icc_2_of_1": icc(2, 1), "icc_counts_differ": icc(1, 2) + icc(2, 3), "icc_empty": icc(1, 1, b""),
        "icc_twice": icc(1, 1) + icc(1, 1), "icc_no_number": segment(0xE2, b"ICC_PROFILE\0"), "icc_name_only": segment(0xE2, b"ICC_PROFILE"),
        "jfif_cut": segment(0xE0, b"JFIF\0\1"), "jfif_version_9": segment(0xE0, b"JFIF\0\x09\1\0\0\1\0\1\0\0"),
        "jfxx": segment(0xE0, b"JFXX\0\x10" + bytes(9)), "adobe_cut": segment(0xEE, b"Adobe\0"), "app14_other": segment(0xEE, b"Adibe" + bytes(9)),
        "photoshop_cut": segment(0xED, b"Photoshop 3.0\x008BIM\4\4"), "photoshop_size": segment(0xED, b"Photoshop 3.0\x008BIM\3\xed\0\0\xff\xff\xff\xff"),
        "photoshop_short": segment(0xED, b"Photoshop 3.0\x008BIM\3\xed\0\0\0\0\0\2ab"), "length_0": segment(0xE5, b"", 0), "length_1": segment(0xE5, b"", 1),
        "length_2": segment(0xE5, b""), "comment_0": segment(0xFE, b"", 0), "comment_not_utf8": segment(0xFE, b"\xff\xfe\0"),
        "fill_bytes": b"\xff" * 7, "garbage": b"\0\1garbage\x80", "stuffed": b"\xff\0\xff\0", "restart_marker": b"\xff\xd3", "tem": b"\xff\1",
        "reserved": b"\xff\x5a\0\4ab", "jpg0": segment(0xF0, b"ab"), "dnl": segment(0xDC, b"\0\5"), "dhp": segment(0xDE, sound[2:10]),
        "exp": segment(0xDF, b"\0"), "tables_only_first": quantization(2, QUANTIZER) + EOI + SOI, "end_first": EOI, "second_start": SOI,
        "flashpix": segment(0xE2, b"FPXR\0\0"), "exif_empty": segment(0xE1, b"Exif\0\0"), "exif_no_tiff": segment(0xE1, b"Exif\0\0abcdefgh"),
        "exif_directory_far": segment(0xE1, exif("<", [], 9999)), "truncated_segment": segment(0xE6, b"abc", 9999),
    }
    for name, head in heads.items():
        yield f"metadata_{name}", with_head(head)
    for order, value in itertools.product("<>", range(10)):
        entry = (274, 3, 1, struct.pack(order + "HH", value, 0))
        yield f"exif_{'big' if order == '>' else 'little'}_{value}", with_head(segment(0xE1, exif(order, [entry])))
    entries = {"long": (274, 4, 1, struct.pack("<L", 6)), "byte": (274, 1, 1, b"\6\0\0\0"), "two": (274, 3, 2, struct.pack("<HH", 8, 1)),
               "float": (274, 11, 1, struct.pack("<f", 3)), "none": (274, 3, 0, bytes(4)), "far": (274, 3, 9, struct.pack("<L", 999))}
    for name, entry in entries.items():
        yield f"exif_{name}", with_head(segment(0xE1, exif("<", [entry])))
    upright = segment(0xE1, exif("<", [(274, 3, 1, struct.pack("<HH", 1, 0))]))
    yield "xmp_attribute", with_head(xmp(b'<a tiff:Orientation="6"/>'))
    yield "xmp_element", with_head(xmp(b"<tiff:Orientation>8</tiff:Orientation>"))
    yield "xmp_after_exif", with_head(upright + xmp(b'tiff:Orientation="6"'))
    halves = exif("<", [(274, 3, 1, struct.pack("<HH", 5, 0))])
    yield "exif_in_two_segments", with_head(segment(0xE1, halves[:15]) + segment(0xE1, b"Exif\0\0" + halves[15:]))
    for name, tail in {"zeros": bytes(40), "second_image": sound, "text": b"trailing"}.items():
        yield f"trailing_{name}", sound + tail


SCRIPTS = {  # components, first and last coefficient, high and low bit
    "dc_only": [(YCC, 0, 0, 0, 0)], "dc_of_low_bits": [(YCC, 0, 0, 0, 3)], "dc_apart": [((1,), 0, 0, 0, 0), ((2,), 0, 0, 0, 1), ((3,), 0, 0, 0, 2)],
    "dc_refined": [(YCC, 0, 0, 0, 2), (YCC, 0, 0, 2, 1), (YCC, 0, 0, 1, 0)], "luminance_only": [(YCC, 0, 0, 0, 0), ((1,), 1, 63, 0, 0)],
    "first_five": [(YCC, 0, 0, 0, 0)] + [((c,), 1, 5, 0, 0) for c in YCC], "second_band": [(YCC, 0, 0, 0, 0)] + [((c,), 6, 63, 0, 0) for c in YCC],
    "low_bits_missing": [(YCC, 0, 0, 0, 1)] + [((c,), 1, 63, 0, 2) for c in YCC], "no_dc": [((c,), 1, 63, 0, 0) for c in YCC],
    "one_component": [((1,), 0, 0, 0, 0), ((1,), 1, 63, 0, 0)], "ac_refined": [(YCC, 0, 0, 0, 0)] + [((c,), 1, 63, *bits) for bits in ((0, 2), (2, 1), (1, 0)) for c in YCC],
    "every_coefficient": [(YCC, 0, 0, 0, 0)] + [((c,), k, k, 0, 0) for k in range(1, 64) for c in YCC], "scan_twice": [(YCC, 0, 0, 0, 0)] * 2 + [((1,), 1, 63, 0, 0)] * 2,
    "refined_out_of_turn": [(YCC, 0, 0, 0, 0), ((1,), 1, 63, 1, 0)], "bits_skipped": [(YCC, 0, 0, 2, 0)], "ac_of_two": [((1, 2), 1, 5, 0, 0)], "wrong_end": [(YCC, 0, 5, 0, 0)],
}


def scripted(p, script, interval=0, coder=progressive):
    out = SOI + jfif() + p.tables() + p.frame(0xC2 if coder is progressive else 0xCA) + TABLES
    out += restart_interval(interval) if interval else b""
    for components, start, end, high, low in script:
        indexes = [c - 1 for c in components]
        options = dict(start=start, end=end, high=high, low=low, interval=interval)
        out += p.scan_header(indexes, start, end, high, low)
        out += coder(p, indexes, **options) if coder is progressive else coder(p, indexes, progressive=True, **options)
    return out + EOI


def scripts(rng):
    for (name, script), interval in itertools.product(SCRIPTS.items(), (0, 3)):
        p = picture(rng, 29, 37, ((2, 2), (1, 1), (1, 1)))
        yield f"script_{name}_restart{interval}", scripted(p, script, interval)
    for name in ("dc_only", "dc_refined", "ac_refined", "first_five", "low_bits_missing", "every_coefficient"):
        yield f"arithmetic_script_{name}", scripted(picture(rng, 19, 21), SCRIPTS[name], coder=arithmetic)
    for sampling in ("11 11 11", "21 11 11", "12 11 11", "42 11 11", "11 22 11"):
        pairs = [(int(s[0]), int(s[1])) for s in sampling.split()]
        for size in ((7, 7), (40, 9), (9, 40)):
            p = picture(rng, *size, pairs)
            yield f"smoothed_{sampling.replace(' ', '_')}_{size[0]}x{size[1]}", scripted(p, SCRIPTS["dc_of_low_bits"])
    short = scripted(picture(rng, 60, 60), SCRIPTS["dc_refined"])
    at = short.rindex(b"\xff\xda")
    yield "smoothed_last_scan_cut", short[: at + 24] + EOI
    for groups in ([[0], [1], [2]], [[0, 1], [2]], [[1, 2], [0]], [[0], [2]], [[0], [0], [1], [2]], [[2, 0], [1]]):
        p = picture(rng, 25, 22, ((2, 2), (1, 1), (1, 1)))
        out = SOI + p.tables() + p.frame(0xC1) + TABLES + b"".join(p.scan_header(g) + sequential(p, g) for g in groups)
        yield "sequential_scans_" + "_".join("".join(map(str, g)) for g in groups), out + EOI


def coders(rng):
    for interval, conditioning in itertools.product((0, 2), ((0, 1, 5), (1, 3, 20), (2, 2, 1))):
        lower, upper, threshold = conditioning
        p = picture(rng, 26, 17, ((2, 1), (1, 1), (1, 1)))
        head = segment(0xCC, bytes([0, upper << 4 | lower, 16, threshold])) + (restart_interval(interval) if interval else b"")
        data = arithmetic(p, (0, 1, 2), interval=interval, lower=lower, upper=upper, threshold=threshold)
        out = SOI + jfif() + p.tables() + p.frame(0xC9) + head + p.scan_header((0, 1, 2)) + data
        yield f"arithmetic_{lower}_{upper}_{threshold}_restart{interval}", out + EOI
        yield f"arithmetic_cut_{lower}_{upper}_{threshold}_restart{interval}", out[:-20]
    for predictor, (name, ids, count) in itertools.product(range(0, 9), (("gray", (1,), 1), ("rgb", YCC, 3))):
        p = picture(rng, 13, 11, ((1, 1),) * count, ids, unit=1)
        shift, rows = predictor % 2, predictor % 3
        head = huffman(0, 0, LOSSLESS_TABLE) + (restart_interval(rows * p.columns) if rows else b"")
        data = lossless(p, range(count), min(max(predictor, 1), 7), shift, rows, LOSSLESS_TABLE)
        yield f"lossless_{name}_{predictor}", SOI + p.frame(0xC3) + head + p.scan_header(range(count), predictor, 0, 0, shift) + data + EOI
    p = picture(rng, 13, 11, ((2, 1), (1, 1), (1, 2)), unit=1)
    data = lossless(p, range(3), 4, 0, 0, LOSSLESS_TABLE)
    for name, head, marker in (("sampled", b"", 0xC3), ("jfif", jfif(), 0xC3), ("arithmetic", b"", 0xCB)):
        yield f"lossless_{name}", SOI + head + p.frame(marker) + huffman(0, 0, LOSSLESS_TABLE) + p.scan_header(range(3), 4, 0) + data + EOI
    for marker in (0xC5, 0xC6, 0xC7, 0xC8, 0xCD, 0xCE, 0xCF):
        yield f"frame_{marker:x}", baseline(picture(rng, 9, 9), jfif(), marker=marker)


def tables(rng):
    p = picture(rng, 20, 20)
    whole = baseline(p, jfif(), 2, DC_TABLE, LONG_TABLE)
    yield "huffman_long_words", whole
    for precision in (0, 7, 12, 16):
        yield f"precision_{precision}", whole.replace(p.frame(0xC0), p.frame(0xC0, precision=precision))
    yield "height_0", whole.replace(p.frame(0xC0), p.frame(0xC0, height=0))
    yield "height_0_dnl", whole.replace(p.frame(0xC0), p.frame(0xC0, height=0))[:-2] + segment(0xDC, b"\0\x14") + EOI
    yield "width_huge", whole.replace(b"\x08\0\x14\0\x14", b"\x08\0\x14\xff\xff")
    yield "frame_twice", whole.replace(p.frame(0xC0), p.frame(0xC0) * 2)
    yield "no_frame", whole.replace(p.frame(0xC0), b"")
    yield "no_quantization", whole.replace(p.tables(), b"")
    yield "no_huffman_dc", whole.replace(huffman(0, 0, DC_TABLE), b"")
    standard = baseline(p, jfif(), 0, DC_TABLE, standard_ac())
    yield "motion_jpeg", standard.replace(huffman(0, 0, DC_TABLE), b"").replace(huffman(1, 0, standard_ac()), b"")
    yield "huffman_too_many", whole.replace(huffman(0, 0, DC_TABLE), huffman(0, 0, (bytes([3] + [0] * 15), b"\0\1\2")))
    yield "huffman_index_9", whole.replace(huffman(0, 0, DC_TABLE), huffman(0, 9, DC_TABLE))
    yield "huffman_wrong_length", whole.replace(huffman(0, 0, DC_TABLE), huffman(0, 0, (DC_TABLE[0], DC_TABLE[1] + b"\0")))
    yield "quantization_index_4", whole.replace(b"\xff\xdb\0\x43\0", b"\xff\xdb\0\x43\4")
    yield "quantization_cut", whole.replace(p.tables(), p.tables()[:2] + b"\0\x40" + p.tables()[4:])
    yield "restart_interval_wrong_length", whole.replace(restart_interval(2), segment(0xDD, b"\0\2\0"))
    for scale in (1, 300, 5000, 65535):
        q = [scale if k % 3 else 1 for k in range(64)]
        yield f"quantization_wide_{scale}", baseline(picture(rng, 24, 17, quantizers=[q]))
    for value in (2047, -2048, 8191, 8192, -8193, 16384, 32767, -32767):
        extreme = picture(rng, 40, 24, quantizers=[[1] * 64])
        for c in extreme.components:
            c.blocks[:, :, 0] = 0
        for c, k in itertools.product(extreme.components, (0, 1, 8, 35)):
            c.blocks[k % 3, k % 5, k] = value
        extreme.components[0].blocks[2, 1, 1:] = 0
        yield f"coefficients_of_{value}", baseline(extreme, jfif(), 0, DEEP_DC_TABLE)
    growing = picture(rng, 64, 32, FULL[:1], YCC[:1], [[255] * 64])
    growing.components[0].blocks[:, :, 0] = np.arange(32).reshape(4, 8) * 1500
    yield "dc_out_of_range", baseline(growing, b"", 0, DEEP_DC_TABLE)


def standard_ac():
    """The luminance's AC table of T.81, K.3, as Pillow's encoder writes it."""
    out = io.BytesIO()
    Image.new("L", (8, 8)).save(out, "JPEG")
    content = out.getvalue()
    at = content.index(b"\xff\xc4", content.index(b"\xff\xc4") + 2)
    return content[at + 5 : at + 21], content[at + 21 : at + 2 + struct.unpack(">H", content[at + 2 : at + 4])[0]]


def damage(rng):
    kinds = {
        "sequential": baseline(picture(rng, 45, 37, ((2, 2), (1, 1), (1, 1))), jfif()),
        "restarts": baseline(picture(rng, 45, 37, ((2, 1), (1, 1), (1, 1))), jfif(), 2),
        "progressive": encoded(rng, 45, 37, progressive=True, quality=50),
        "progressive_restarts": encoded(rng, 45, 37, progressive=True, restart_marker_blocks=3),
        "arithmetic": scripted(picture(rng, 25, 18), SCRIPTS["ac_refined"][:5], 4, arithmetic),
    }
    for name, whole in kinds.items():
        places = iter(rng.integers(whole.index(b"\xff\xda") + 14, len(whole) - 2, 99))
        for i in range(4):
            yield f"{name}_cut_{i}", whole[: next(places)]
            yield f"{name}_cut_ended_{i}", whole[: next(places)] + EOI
            yield f"{name}_end_lost_{i}", whole[: -2 - i]
            broken = bytearray(whole)
            for _ in range(3):
                broken[next(places)] ^= 1 << int(rng.integers(0, 8))
            yield f"{name}_bits_flipped_{i}", bytes(broken)
            place = next(places)
            yield f"{name}_marker_{i}", whole[:place] + bytes([0xFF, (0xD0, 0xD4, 0xC4, 0xFF)[i]]) + whole[place:]
            yield f"{name}_bytes_lost_{i}", whole[:place] + whole[place + 1 + 5 * i :]
    intact = picture(rng, 45, 37)
    parts = [sequential_part(intact, mcus) for mcus in split(intact.mcus((0, 1, 2)), 3)]
    orders = {"swapped": "0213456701", "lost": "0134567012", "skipped_by_three": "3456701234", "repeated": "0012345670", "all_7": "7" * 10}
    for name, numbers in orders.items():
        data = b"".join(part + bytes([0xFF, 0xD0 + int(n)]) for part, n in zip(parts, numbers))
        head = SOI + jfif() + intact.tables() + intact.frame(0xC0) + TABLES + restart_interval(3)
        yield f"restart_markers_{name}", head + intact.scan_header((0, 1, 2)) + data + EOI


def sequential_part(p, mcus):
    """One restart interval."""
    bits, before = HuffmanBits(), [0] * len(p.components)
    for i, c, y, x in (block for mcu in mcus for block in mcu):
        sequential_block(bits, c.blocks[y, x], before[i])
        before[i] = int(c.blocks[y, x][0])
    return bits.flush()


def cases(rng):
    for family in (samplings, colours, pillows_own, metadata, scripts, coders, tables, damage):
        for name, data in family(rng):
            yield name + ".jpg", data
