"""Odd BMP files: every kind of header, pixel layout and compression, palettes that do not fit, files that end early."""

import struct

HEADERS = (12, 40, 52, 56, 64, 108, 124)
MASKS = {
    "BGRX": (0xff0000, 0xff00, 0xff, 0), "XBGR": (0xff000000, 0xff0000, 0xff00, 0), "BGXR": (0xff000000, 0xff00, 0xff, 0),
    "ABGR": (0xff000000, 0xff0000, 0xff00, 0xff), "RGBA": (0xff, 0xff00, 0xff0000, 0xff000000), "BGRA": (0xff0000, 0xff00, 0xff, 0xff000000),
    "BGAR": (0xff000000, 0xff00, 0xff, 0xff0000), "zero": (0, 0, 0, 0), "RGBX": (0xff, 0xff00, 0xff0000, 0), "ten_bits": (0x3ff00000, 0xffc00, 0x3ff, 0),
}


def info(size, width, height, bits, compression=0, colors=0, planes=1, masks=(0, 0, 0, 0)):
    if size == 12:
        return struct.pack("<IHHHH", 12, width, abs(height), planes, bits)
    head = struct.pack("<IIIHHIIIIII", size, width, height & 0xffffffff, planes, bits, compression, 0, 2835, 2835, colors, 0)
    if size == 40:
        return head + (struct.pack("<III", *masks[:3]) if compression == 3 else b"")
    return (head + struct.pack("<IIII", *masks) + bytes(100))[:size]


def stride(width, bits):
    return (width * bits + 31) // 32 * 4


def rows(rng, width, height, bits):
    return rng.integers(0, 256, stride(width, bits) * abs(height), "u1").tobytes()


def file(head, palette=b"", data=b"", offset=None, magic=b"BM"):
    at = 14 + len(head) + len(palette) if offset is None else offset
    return magic + struct.pack("<IHHI", 14 + len(head) + len(palette) + len(data), 0, 0, at) + head + palette + data


def entries(rng, count, size=4):
    return rng.integers(0, 256, size * count, "u1").tobytes()


def gray(count, size=4, levels=None):
    return b"".join(bytes([v & 255] * 3 + [0] * (size - 3)) for v in (range(count) if levels is None else levels))


def layouts(rng):
    for size in HEADERS:
        for bits in (1, 4, 8, 16, 24, 32):
            palette = entries(rng, 1 << bits, 3 if size == 12 else 4) if bits <= 8 else b""
            for height in (9, -9) if size in (40, 124) else (9,):
                for width in (13, 4):
                    yield (f"header_{size}_bits_{bits}_{width}x{height}.bmp",
                           file(info(size, width, height, bits), palette, rows(rng, width, height, bits)))
    for name, masks in MASKS.items():
        for size in (40, 52, 56, 108):
            yield f"masks_{name}_header_{size}.bmp", file(info(size, 7, 5, 32, 3, masks=masks), b"", rows(rng, 7, 5, 32))
    for name, masks in (("565", (0xf800, 0x7e0, 0x1f, 0)), ("555", (0x7c00, 0x3e0, 0x1f, 0)), ("444", (0xf00, 0xf0, 0xf, 0)), ("565_turned", (0x1f, 0x7e0, 0xf800, 0))):
        for size in (40, 56):
            yield f"masks_{name}_header_{size}.bmp", file(info(size, 9, 6, 16, 3, masks=masks), b"", rows(rng, 9, 6, 16))
    yield "masks_24.bmp", file(info(40, 9, 6, 24, 3, masks=(0xff0000, 0xff00, 0xff, 0)), b"", rows(rng, 9, 6, 24))
    yield "masks_24_turned.bmp", file(info(40, 9, 6, 24, 3, masks=(0xff, 0xff00, 0xff0000, 0)), b"", rows(rng, 9, 6, 24))
    yield "masks_8.bmp", file(info(40, 9, 6, 8, 3), entries(rng, 256), rows(rng, 9, 6, 8))
    for bits in (0, 2, 3, 12, 48, 64, 65535):
        yield f"bits_{bits}.bmp", file(info(40, 9, 6, bits), b"", bytes(600))
    for compression in (4, 5, 6, 11, 0xffffffff):
        yield f"compression_{compression}.bmp", file(info(40, 9, 6, 24, compression), b"", rows(rng, 9, 6, 24))
    for size in (0, 11, 16, 39, 41, 48, 125, 0xffffffff):
        yield f"header_of_{size}.bmp", file(struct.pack("<I", size) + info(40, 9, 6, 24)[4:], b"", rows(rng, 9, 6, 24))


def palettes(rng):
    for bits, colors in ((1, 1), (1, 2), (1, 3), (4, 2), (4, 5), (4, 16), (4, 17), (8, 1), (8, 2), (8, 16), (8, 200), (8, 256), (8, 257), (8, 300), (8, 65536), (8, 65537)):
        if colors <= 300:
            yield f"colors_{bits}_{colors}.bmp", file(info(40, 13, 9, bits, colors=colors), entries(rng, colors), rows(rng, 13, 9, bits))
            yield f"gray_{bits}_{colors}.bmp", file(info(40, 13, 9, bits, colors=colors), gray(colors), rows(rng, 13, 9, bits))
        yield f"colors_{bits}_{colors}_missing.bmp", file(info(40, 13, 9, bits, colors=colors), b"", rows(rng, 13, 9, bits), offset=14 + 40 + 4)
    for bits in (1, 4, 8):
        for size in (12, 40):
            step = 3 if size == 12 else 4
            yield f"gray_full_{bits}_header_{size}.bmp", file(info(size, 13, 9, bits), gray(1 << bits, step), rows(rng, 13, 9, bits))
            yield f"gray_narrow_{bits}_header_{size}.bmp", file(info(size, 3, 9, bits), gray(1 << bits, step), rows(rng, 3, 9, bits))
            yield f"offset_forgets_palette_{bits}_header_{size}.bmp", file(info(size, 13, 9, bits), entries(rng, 1 << bits, step), rows(rng, 13, 9, bits), offset=14 + size)
            yield f"offset_zero_{bits}_header_{size}.bmp", file(info(size, 13, 9, bits), entries(rng, 1 << bits, step), rows(rng, 13, 9, bits), offset=0)
    yield "black_and_white.bmp", file(info(40, 13, 9, 1), gray(2, levels=(0, 255)), rows(rng, 13, 9, 1))
    yield "white_and_black.bmp", file(info(40, 13, 9, 1), gray(2, levels=(255, 0)), rows(rng, 13, 9, 1))
    yield "black_and_white_of_8.bmp", file(info(40, 13, 9, 8, colors=2), gray(2, levels=(0, 255)), rows(rng, 13, 9, 8))
    yield "gray_reversed.bmp", file(info(40, 13, 9, 8), gray(256, levels=range(255, -1, -1)), rows(rng, 13, 9, 8))
    yield "palette_of_deep_pixels.bmp", file(info(40, 13, 9, 24, colors=9), entries(rng, 9), rows(rng, 13, 9, 24))
    yield "offset_zero_24.bmp", file(info(40, 13, 9, 24), b"", rows(rng, 13, 9, 24), offset=0)
    yield "offset_far.bmp", file(info(40, 13, 9, 24), b"", bytes(50) + rows(rng, 13, 9, 24), offset=14 + 40 + 50)
    yield "offset_in_header.bmp", file(info(40, 13, 9, 24), b"", rows(rng, 13, 9, 24), offset=20)
    yield "offset_past_end.bmp", file(info(40, 13, 9, 24), b"", rows(rng, 13, 9, 24), offset=99999)
    yield "offset_past_2_gigabytes.bmp", file(info(40, 13, 9, 24), b"", rows(rng, 13, 9, 24), offset=0xfffffff0)


def sizes(rng):
    for width, height in ((0, 9), (13, 0), (1, 1), (1, 9), (0xffffffff, 9), (100000, 100000), (100000, -100000), (13, -0x1000001), (13, -2 ** 31)):
        yield f"size_{width}x{height}.bmp", file(info(40, width, height, 24), b"", rows(rng, 13, 9, 24))
    whole = {bits: file(info(40, 13, 9, bits), entries(rng, 1 << bits) if bits <= 8 else b"", rows(rng, 13, 9, bits)) for bits in (1, 8, 24, 32)}
    for bits, data in whole.items():
        padding = stride(13, bits) - (13 * bits + 7) // 8
        for cut in sorted({1, padding, padding + 1, 40, 200}):
            if cut:
                yield f"minus_{cut}_bits_{bits}.bmp", data[:-cut]
    for length in (0, 1, 2, 10, 13, 14, 17, 18, 30, 53, 54, 60, 300):
        yield f"first_{length}.bmp", whole[8][:length]
    yield "masks_cut.bmp", file(info(40, 9, 6, 32, 3, masks=MASKS["BGRX"]))[:60]
    yield "garbage_behind.bmp", whole[24] + b"garbage" * 20
    yield "signature_BA.bmp", b"BA" + whole[24][2:]
    yield "planes_0.bmp", file(info(40, 13, 9, 24, planes=0), b"", rows(rng, 13, 9, 24))


def runs(rng, width, height, bits, rich=True):
    """Valid run-length data that fill the image."""
    out = bytearray()
    for _ in range(height):
        x = 0
        while x < width:
            kind, left = int(rng.integers(0, 3 if rich else 1)), width - x
            if kind == 0 or left < 4:
                count = min(left, int(rng.integers(1, 9)))
                out += bytes([count, int(rng.integers(0, 256))])
            elif kind == 1:
                count = min(left, 2 * int(rng.integers(2, 5)))
                count -= count % 2
                if count < 3:
                    continue
                size = count if bits == 8 else count // 2
                out += bytes([0, count]) + rng.integers(0, 256, size, "u1").tobytes() + bytes(size % 2)
            else:
                count = min(left, int(rng.integers(1, 5)))
                out += bytes([0, 2, count, 0])
            x += count
        out += b"\0\0"
    return bytes(out) + b"\0\1"


def run_lengths(rng):
    for bits, compression in ((8, 1), (4, 2)):
        for number in range(5):
            for height in (9, -9):
                for kind, palette in (("colors", entries(rng, 1 << bits)), ("gray", gray(1 << bits))):
                    yield (f"rle{bits}_{number}_{kind}_{height}.bmp",
                           file(info(40, 13, height, bits, compression), palette, runs(rng, 13, 9, bits, number > 0)))
        palette = entries(rng, 1 << bits)
        for name, data in (
                ("end_early", b"\x0d\x11\0\0\0\1"), ("empty", b""), ("only_end", b"\0\1"), ("too_long_runs", b"\xff\x12\0\0" * 9), ("no_ends_of_line", b"\x0d\x21" * 9),
                ("no_ends_of_line_short_runs", b"\x05\x21" * 40), ("up", b"\0\2\3\4" + b"\x0d\x33\0\0" * 8), ("up_past_end", b"\0\2\xff\xff"), ("up_cut", b"\0\2\3"),
                ("literal_odd", (b"\0\5abcde\0" + b"\x08\x45\0\0") * 9), ("literal_cut", b"\0\x20abc"), ("literal_too_long", (b"\0\x1e" + b"abcdefghij" * 3 + b"\0\0") * 9),
                ("end_of_line_twice", b"\0\0\0\0" + b"\x0d\x33\0\0" * 9), ("end_of_line_late", b"\x0d\x33" * 9 + b"\0\0" * 9), ("odd_start", b"\x0d\x33\0\0" * 9),
                ("random", rng.integers(0, 256, 4000, "u1").tobytes())):
            odd = name == "odd_start"
            start = 14 + 40 + len(palette) + odd
            yield f"rle{bits}_{name}.bmp", file(info(40, 13, 9, bits, compression), palette, bytes(odd) + data, offset=start)
        yield f"rle{bits}_wide.bmp", file(info(40, 700, 6, bits, compression), palette, runs(rng, 700, 6, bits))
    for bits, compression in ((1, 1), (4, 1), (8, 2), (24, 1), (16, 2), (32, 1)):
        palette = entries(rng, 1 << bits) if bits <= 8 else b""
        yield f"rle_kind_{compression}_bits_{bits}.bmp", file(info(40, 13, 9, bits, compression), palette, b"\x0d\x01\0\0" * 9)
    yield "rle8_black_and_white.bmp", file(info(40, 13, 9, 8, 1, colors=2), gray(2, levels=(0, 255)), b"\x0d\x01\0\0" * 9)
    yield "rle8_os2.bmp", file(info(64, 13, 9, 8, 1), entries(rng, 256), runs(rng, 13, 9, 8))


def cases(rng):
    for group in (layouts, palettes, sizes, run_lengths):
        yield from group(rng)
