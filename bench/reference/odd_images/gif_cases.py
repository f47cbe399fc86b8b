"""Odd GIF files: screens and frames that do not fit, missing and gray palettes, extensions in disorder, broken LZW data."""

import struct

END = b";"


def pack(codes, sizes):
    """Codes of so many bits each, from the lowest bit on."""
    bits = count = 0
    out = bytearray()
    for code, size in zip(codes, sizes, strict=True):
        bits |= code << count
        count += size
        while count >= 8:
            out.append(bits & 255)
            bits >>= 8
            count -= 8
    return bytes(out) + (bytes([bits & 255]) if count else b"")


def blocks(data, size=255):
    return b"".join(bytes([len(data[i:i + size])]) + data[i:i + size] for i in range(0, len(data), size)) + b"\0"


def lzw(samples, bits, end=True, clear_every=None):
    """Compressed as the format describes it, with a full table kept until the end."""
    clear, table, codes, sizes, size = 1 << bits, {}, [], [], bits + 1

    def emit(code):
        codes.append(code)
        sizes.append(size)

    def reset():
        nonlocal table, size
        emit(clear)
        table, size = {(s,): s for s in range(clear)}, bits + 1

    reset()
    prefix, next_code = (), clear + 2
    for number, sample in enumerate(samples):
        if clear_every and number and number % clear_every == 0:
            emit(table[prefix])
            prefix = ()
            reset()
            next_code = clear + 2
        longer = prefix + (int(sample),)
        if longer in table:
            prefix = longer
            continue
        emit(table[prefix])
        if next_code < 4096:
            table[longer] = next_code
            if next_code == 1 << size and size < 12:
                size += 1
            next_code += 1
        prefix = longer[-1:]
    if prefix:
        emit(table[prefix])
        if next_code == 1 << size and size < 12:
            size += 1
    if end:
        emit(clear + 1)
    return pack(codes, sizes)


def screen(width, height, palette=None, version=b"GIF89a", background=0, flags=0):
    bits = 0 if palette is None else max(1, (len(palette) // 3 - 1).bit_length()) - 1
    flags |= 0 if palette is None else 0x80 | bits
    return version + struct.pack("<HHBBB", width, height, flags, background, 0) + (palette or b"")


def control(transparent=None, disposal=0, delay=0):
    return b"!\xf9\x04" + struct.pack("<BHB", disposal << 2 | (transparent is not None), delay, transparent or 0) + b"\0"


def frame(width, height, samples, bits=4, left=0, top=0, palette=None, interlace=False, data=None, code_bits=None, size=255):
    depth = 0 if palette is None else max(1, (len(palette) // 3 - 1).bit_length()) - 1
    flags = (0 if palette is None else 0x80 | depth) | (0x40 if interlace else 0)
    data = blocks(lzw(samples, bits) if data is None else data, size)
    return b"," + struct.pack("<HHHHB", left, top, width, height, flags) + (palette or b"") + bytes([bits if code_bits is None else code_bits]) + data


def colors(rng, entries=16):
    return rng.integers(0, 256, 3 * entries, "u1").tobytes()


def gray(entries=16, start=0):
    return bytes(v for i in range(start, start + entries) for v in (i, i, i))


def pixels(rng, width, height, levels=16):
    return rng.integers(0, levels, width * height)


def screens(rng):
    for name, size, place, transparent in (
            ("exact", (13, 9), (0, 0), None), ("around", (20, 15), (3, 4), None), ("around_transparent", (20, 15), (3, 4), 5),
            ("smaller", (5, 5), (0, 0), None), ("smaller_both", (5, 5), (2, 3), 7), ("zero", (0, 0), (0, 0), None),
            ("zero_placed", (0, 0), (4, 2), 3), ("outside", (10, 10), (30, 40), None), ("wide", (400, 9), (0, 0), 1),
            ("background", (16, 16), (1, 1), None), ("large", (3000, 2000), (5, 5), None), ("large_transparent", (2000, 3000), (5, 5), 9)):
        yield f"screen_{name}.gif", (screen(*size, colors(rng), background=9 if name == "background" else 0)
                                     + (b"" if transparent is None else control(transparent)) + frame(13, 9, pixels(rng, 13, 9), left=place[0], top=place[1]) + END)
    yield "screen_huge.gif", screen(65535, 65535, colors(rng)) + frame(3, 3, pixels(rng, 3, 3)) + END
    yield "screen_at_the_limit.gif", screen(65535, 2731, colors(rng, 2)) + frame(3, 3, pixels(rng, 3, 3, 2)) + END
    for width, height in ((0, 9), (13, 0), (0, 0)):
        yield f"frame_{width}x{height}.gif", screen(13, 9, colors(rng)) + frame(width, height, [1, 2]) + END
    for width, height in ((1, 1), (1, 40), (40, 1), (2, 3), (7, 8), (64, 33)):
        for interlace in (False, True):
            yield (f"frame_{width}x{height}_{'woven' if interlace else 'plain'}.gif",
                   screen(width, height, colors(rng)) + frame(width, height, pixels(rng, width, height), interlace=interlace) + END)
    for version in (b"GIF87a", b"GIF88a", b"GIF89b", b"GIF8\0\0", b"gif89a"):
        yield f"version_{version.hex()}.gif", screen(13, 9, colors(rng), version) + frame(13, 9, pixels(rng, 13, 9)) + END


def palettes(rng):
    samples = pixels(rng, 13, 9)
    kinds = {"none": None, "colors": colors(rng), "gray": gray(), "two": colors(rng, 2), "gray_two": gray(2), "gray_shifted": gray(16, 1),
             "gray_reversed": gray()[::-1], "gray_but_last": gray()[:-1] + b"\x20", "256": colors(rng, 256), "gray_256": gray(256)}
    for outer, first in kinds.items():
        for inner, second in kinds.items():
            for transparent in (None, 3):
                if transparent is None or outer in ("none", "colors", "gray") and inner in ("none", "colors", "gray", "two"):
                    yield (f"palette_{outer}_then_{inner}{'' if transparent is None else '_transparent'}.gif",
                           screen(13, 9, first) + (b"" if transparent is None else control(transparent)) + frame(13, 9, samples, palette=second) + END)
    for transparent in (0, 15, 16, 200, 255):
        yield f"transparent_{transparent}.gif", screen(16, 12, colors(rng)) + control(transparent) + frame(13, 9, samples) + END
        yield f"transparent_{transparent}_gray.gif", screen(16, 12) + control(transparent) + frame(13, 9, samples) + END
    for bits in (1, 2, 3, 5, 7, 8, 9, 10, 11):
        yield f"bits_{bits}.gif", screen(13, 9, colors(rng)) + frame(13, 9, pixels(rng, 13, 9, min(1 << bits, 256)), bits) + END
    yield "bits_8_many.gif", screen(90, 70, colors(rng, 256)) + frame(90, 70, pixels(rng, 90, 70, 256), 8) + END
    yield "bits_8_many_clears.gif", screen(90, 70, colors(rng, 256)) + frame(90, 70, [], data=lzw(pixels(rng, 90, 70, 256), 8, clear_every=700), code_bits=8) + END
    yield "table_full.gif", screen(150, 150, colors(rng, 4)) + frame(150, 150, pixels(rng, 150, 150, 4), 2) + END
    yield "one_color.gif", screen(200, 100, colors(rng, 4)) + frame(200, 100, [2] * 20000, 2) + END
    for cut in (1, 2, 3, 4, 20):
        yield f"palette_cut_{cut}.gif", (screen(13, 9, colors(rng)))[:-cut]


def extensions(rng):
    samples = pixels(rng, 13, 9)
    head, tail = screen(16, 12, colors(rng)), frame(13, 9, samples) + END
    for name, extension in (
            ("comment", b"!\xfe" + blocks(b"hello" * 80)), ("comment_empty", b"!\xfe\0"), ("comments", (b"!\xfe" + blocks(b"x")) * 3),
            ("netscape", b"!\xff\x0bNETSCAPE2.0\x03\x01\x05\x00\x00"), ("netscape_short", b"!\xff\x0bNETSCAPE2.0\x01\x01\x00"),
            ("netscape_ended", b"!\xff\x0bNETSCAPE2.0\x00"), ("application", b"!\xff\x0bXMP DataXMP" + blocks(b"tiff:Orientation=\"6\"")),
            ("application_empty", b"!\xff\0\0"), ("plain_text", b"!\x01" + blocks(bytes(12)) + b""), ("unknown", b"!\x77" + blocks(b"abc")),
            ("control_twice", control(3) + control(5)), ("control_then_none", control(3) + control()), ("control_long", b"!\xf9\x06\x01\0\0\x04\0\0\0"),
            ("control_short", b"!\xf9\x03\x01\0\0\0"), ("control_short_opaque", b"!\xf9\x03\x00\0\0\0"), ("control_shorter", b"!\xf9\x02\x00\0\0"),
            ("control_empty", b"!\xf9\0"), ("control_empty_twice", b"!\xf9\0\0"), ("control_not_ended", b"!\xf9\x04\x01\0\0\x04"),
            ("control_two_blocks", b"!\xf9\x04\x01\0\0\x04\x02ab\0"), ("disposal_2", control(3, 2)), ("disposal_3", control(3, 3)),
            ("disposal_7", control(None, 7)), ("garbage", b"\x01\x02\x03\x00"), ("exclamation", b"!"), ("end", b";"), ("nothing", b"")):
        yield f"extension_{name}.gif", head + extension + tail
    yield "second_frame.gif", head + control(2) + frame(13, 9, samples) + control(None, 2) + frame(5, 5, pixels(rng, 5, 5), left=9, top=9) + END
    yield "no_frame.gif", head + END
    yield "only_screen.gif", head
    yield "only_signature.gif", b"GIF89a"
    for cut in range(1, 13):
        yield f"screen_cut_{cut}.gif", screen(13, 9)[:-cut]
    whole = head + control(3) + tail
    for cut in (1, 2, 3, 4, 5, 10, 30, 60, 70, 80, 90):
        yield f"file_minus_{cut}.gif", whole[:-cut]
    yield "garbage_behind.gif", whole + b"garbage" * 50


def image_data(rng):
    samples = pixels(rng, 13, 9)
    head = screen(13, 9, colors(rng))

    def file(data, bits=4, size=255, end=END, interlace=False):
        return head + frame(13, 9, [], 4, data=data, code_bits=bits, size=size, interlace=interlace) + end

    data = lzw(samples, 4)
    for size in (1, 2, 7, 64, 200):
        yield f"blocks_of_{size}.gif", file(data, size=size)
    yield "no_end_code.gif", file(lzw(samples, 4, end=False))
    yield "no_end_of_blocks.gif", file(data)[:-2]
    yield "end_of_blocks_early.gif", head + frame(13, 9, [], data=b"", code_bits=4)[:-1] + blocks(data[:20]) + blocks(data[20:]) + END
    yield "end_code_early.gif", file(lzw(samples[:50], 4))
    yield "end_code_early_much_behind.gif", file(lzw(samples[:50], 4)) + bytes(rng.integers(0, 256, 70000, "u1"))
    yield "too_many_samples.gif", file(lzw(pixels(rng, 13, 20), 4))
    yield "too_few_samples.gif", file(lzw(samples[:-1], 4))
    yield "too_few_samples_woven.gif", file(lzw(samples[:-1], 4), interlace=True)
    for every in (1, 2, 5, 40):
        yield f"clear_every_{every}.gif", file(lzw(samples, 4, clear_every=every))
    yield "clears_at_start.gif", file(pack([16] * 6 + [int(s) for s in samples[:1]] + [17], [5] * 8) + data)
    no_clear = lzw(samples, 4)
    yield "first_code_is_no_sample.gif", file(pack([16, 20], [5, 5]) + data)
    yield "no_clear_at_start.gif", file(pack([3, 4, 5], [5, 5, 5]) + no_clear)
    yield "code_beyond_table.gif", file(pack([16, 3, 25], [5, 5, 5]) + data)
    yield "code_is_next.gif", file(pack([16, 3, 18, 19, 20], [5] * 5) + data)
    yield "empty.gif", file(b"")
    for at in range(0, len(data), 6):
        broken = bytearray(data)
        broken[at] ^= 0x11 << (at % 4)
        yield f"broken_at_{at}.gif", file(bytes(broken))
        yield f"broken_at_{at}_woven.gif", file(bytes(broken), interlace=True)
    for bits in (0, 1, 2, 3, 5, 6, 8, 11, 12, 13, 255):
        yield f"code_bits_{bits}.gif", file(data, bits)
    for bits in (0, 12):
        yield f"code_bits_{bits}_random.gif", file(rng.integers(0, 256, 900, "u1").tobytes(), bits)
    yield "code_bits_12_clears.gif", file(pack([4096, 5, 4096, 300] * 70, [13] * 280), 12)


def cases(rng):
    for group in (screens, palettes, extensions, image_data):
        yield from group(rng)
