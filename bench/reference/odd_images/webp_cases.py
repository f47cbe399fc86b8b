"""WebP files: lossy and lossless, with alpha, with odd containers, animations, and broken ones."""

import io
import struct

import numpy as np
from PIL import Image

ICC, ALPHA, EXIF, XMP, ANIMATION = 32, 16, 8, 4, 2


def picture(rng, w, h, channels=3):
    small = rng.integers(0, 256, (-(-h // 6), -(-w // 6), channels)).astype(np.float64)
    array = small.repeat(6, 0).repeat(6, 1)[:h, :w] + rng.normal(0, 9, (h, w, channels))
    return Image.fromarray(np.clip(array, 0, 255).astype(np.uint8))


def saved(image, **options):
    out = io.BytesIO()
    image.save(out, "WEBP", **options)
    return out.getvalue()


def chunk(tag, data):
    return tag + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)


def riff(*chunks):
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def chunks(data):
    """The chunks of a file as a list of (tag, content)."""
    out, at = [], 12
    while at + 8 <= len(data):
        size, = struct.unpack_from("<I", data, at + 4)
        out.append((data[at:at + 4], data[at + 8:at + 8 + size]))
        at += 8 + size + (size & 1)
    return out


def vp8x(w, h, flags):
    return chunk(b"VP8X", struct.pack("<I", flags) + struct.pack("<I", w - 1)[:3] + struct.pack("<I", h - 1)[:3])


def image_chunks(data):
    """ALPH and VP8, or VP8L, as they lie in a file."""
    return b"".join(chunk(tag, content) for tag, content in chunks(data) if tag in (b"ALPH", b"VP8 ", b"VP8L"))


def anim(color=(9, 80, 200, 255), loops=0):
    return chunk(b"ANIM", bytes(color) + struct.pack("<H", loops))


def anmf(image, x=0, y=0, w=None, h=None, flags=0, before=b"", after=b""):
    with Image.open(io.BytesIO(image)) as opened:
        w, h = w or opened.width, h or opened.height
    numbers = b"".join(struct.pack("<I", v)[:3] for v in (x // 2, y // 2, w - 1, h - 1, 100))
    return chunk(b"ANMF", numbers + bytes([flags]) + before + image_chunks(image) + after)


def exif(orientation):
    return b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, 274, 3, 1, orientation, 0, 0)


def plain(rng):
    for w, h in ((1, 1), (2, 3), (16, 16), (17, 31), (64, 5)):
        for name, channels, options in (("lossy", 3, {}), ("lossy_10", 3, dict(quality=10)), ("lossless", 3, dict(lossless=True)),
                                        ("alpha", 4, {}), ("alpha_lossless", 4, dict(lossless=True)),
                                        ("alpha_exact", 4, dict(lossless=True, exact=True)),
                                        ("alpha_quality", 4, dict(alpha_quality=20))):
            yield f"{name}_{w}x{h}", saved(picture(rng, w, h, channels), **options)
    for method in range(7):
        yield f"method_{method}", saved(picture(rng, 40, 30), method=method, quality=60)
        yield f"method_{method}_lossless", saved(picture(rng, 40, 30), method=method, lossless=True)
    palette = picture(rng, 30, 20).quantize(7)
    yield "palette", saved(palette.convert("RGB"), lossless=True)
    yield "one_colour", saved(Image.new("RGB", (300, 200), (1, 99, 200)), lossless=True)
    yield "transparent", saved(Image.new("RGBA", (30, 20), (1, 99, 200, 0)), lossless=True, exact=True)


def containers(rng):
    lossy, lossless = saved(picture(rng, 21, 14)), saved(picture(rng, 21, 14), lossless=True)
    with_alpha = saved(picture(rng, 21, 14, 4))
    lossless_alpha = saved(picture(rng, 21, 14, 4), lossless=True)
    alph = next(chunk(t, c) for t, c in chunks(with_alpha) if t == b"ALPH")
    vp8 = next(chunk(t, c) for t, c in chunks(with_alpha) if t == b"VP8 ")
    for name, data in (("lossy", lossy), ("lossless", lossless), ("alpha", with_alpha), ("lossless_alpha", lossless_alpha)):
        image = image_chunks(data)
        for flags in (0, ALPHA, EXIF | XMP | ICC, 1, 64, 128):
            yield f"extended_{name}_flags_{flags}", riff(vp8x(21, 14, flags), image)
        yield f"extended_{name}_canvas", riff(vp8x(22, 14, ALPHA), image)
        yield f"extended_{name}_unknown", riff(vp8x(21, 14, ALPHA), chunk(b"what", b"?" * 7), image, chunk(b"ever", b"!"))
        yield f"extended_{name}_profile", riff(vp8x(21, 14, ICC), chunk(b"ICCP", b"no profile at all"), image)
        for orientation in (0, 1, 3, 6, 8, 9):
            yield f"{name}_orientation_{orientation}", riff(
                vp8x(21, 14, EXIF | ALPHA), image, chunk(b"EXIF", exif(orientation)))
        yield f"{name}_exif_without_flag", riff(vp8x(21, 14, ALPHA), image, chunk(b"EXIF", exif(6)))
        yield f"{name}_exif_first", riff(vp8x(21, 14, EXIF), chunk(b"EXIF", b"Exif\0\0" + exif(6)), image)
        yield f"{name}_exif_twice", riff(vp8x(21, 14, EXIF), image, chunk(b"EXIF", exif(3)), chunk(b"EXIF", exif(6)))
        yield f"{name}_exif_broken", riff(vp8x(21, 14, EXIF), image, chunk(b"EXIF", b"nonsense"))
        yield f"{name}_xmp", riff(vp8x(21, 14, XMP), image, chunk(b"XMP ", b'<r tiff:Orientation="8"/>'))
        yield f"{name}_twice", riff(vp8x(21, 14, ALPHA), image, image)
        yield f"{name}_after_it", data + b"bytes after the RIFF chunk"
        yield f"{name}_simple_then_more", riff(image, chunk(b"EXIF", exif(6)), b"rest")
        for size in (0, 11, 12, len(data) - 9, len(data) - 7, 2**32 - 1):
            yield f"{name}_riff_size_{size}", data[:4] + struct.pack("<I", size) + data[8:]
        for cut in (11, 19, 21, 29, len(data) // 2, len(data) - 1):
            yield f"{name}_cut_{cut}", data[:cut]
            if cut > 20:
                yield f"{name}_cut_{cut}_sizes_right", riff(data[12:16] + struct.pack("<I", cut - 20) + data[20:cut])
    yield "alph_without_flag", riff(vp8x(21, 14, 0), alph, vp8)
    yield "alph_after_image", riff(vp8x(21, 14, ALPHA), vp8, alph)
    yield "alph_alone", riff(vp8x(21, 14, ALPHA), alph)
    yield "alph_simple", riff(vp8, alph)
    yield "alph_first", riff(alph, vp8)
    yield "alph_twice", riff(vp8x(21, 14, ALPHA), alph, alph, vp8)
    yield "alph_of_lossless", riff(vp8x(21, 14, ALPHA), alph, image_chunks(lossless))
    yield "alph_apart", riff(vp8x(21, 14, ALPHA), alph, chunk(b"what", b"??"), vp8)
    yield "alph_empty", riff(vp8x(21, 14, ALPHA), chunk(b"ALPH", b""), vp8)
    yield "alph_raw", riff(vp8x(21, 14, ALPHA), chunk(b"ALPH", b"\0" + bytes(range(256)) + bytes(38)), vp8)
    yield "alph_raw_short", riff(vp8x(21, 14, ALPHA), chunk(b"ALPH", b"\0" + bytes(200)), vp8)
    yield "extended_long", riff(chunk(b"VP8X", vp8x(21, 14, ALPHA)[8:] + b"more"), image_chunks(lossy))
    yield "extended_short", riff(chunk(b"VP8X", vp8x(21, 14, ALPHA)[8:17]), image_chunks(lossy))
    yield "extended_twice", riff(vp8x(21, 14, 0), vp8x(21, 14, 0), image_chunks(lossy))
    yield "extended_alone", riff(vp8x(21, 14, 0))
    yield "extended_huge", riff(vp8x(2**24, 2**24, 0), image_chunks(lossy))
    yield "only_riff", riff()
    yield "other_first_chunk", riff(chunk(b"what", b"??"), image_chunks(lossy))
    yield "wave", riff(image_chunks(lossy)).replace(b"WEBP", b"WAVE")
    yield "odd_without_padding", riff(vp8x(21, 14, 0), image_chunks(lossy), b"what\x01\0\0\0!")


def animations(rng):
    full, part = saved(picture(rng, 24, 18)), saved(picture(rng, 10, 8))
    full_alpha, part_alpha = saved(picture(rng, 24, 18, 4)), saved(picture(rng, 10, 8, 4))
    lossless = saved(picture(rng, 10, 8, 4), lossless=True)
    for flags in (ANIMATION, ANIMATION | ALPHA):
        canvas = vp8x(24, 18, flags)
        name = f"animation_{flags}"
        yield f"{name}_one", riff(canvas, anim(), anmf(full))
        yield f"{name}_two", riff(canvas, anim(), anmf(full), anmf(part, 4, 2))
        yield f"{name}_alpha", riff(canvas, anim(), anmf(full_alpha), anmf(full))
        for frame in range(4):
            yield f"{name}_part_flags_{frame}", riff(canvas, anim(), anmf(part_alpha, 6, 4, flags=frame), anmf(full))
        yield f"{name}_part", riff(canvas, anim((0, 0, 0, 0)), anmf(part, 14, 10))
        yield f"{name}_part_lossless", riff(canvas, anim(), anmf(lossless, 2, 2))
        yield f"{name}_past_edge", riff(canvas, anim(), anmf(part, 16, 2))
        yield f"{name}_second_past_edge", riff(canvas, anim(), anmf(full), anmf(part, 16, 2))
        yield f"{name}_other_size", riff(canvas, anim(), anmf(part, 2, 2, w=5, h=5))
        yield f"{name}_without_anim", riff(canvas, anmf(full))
        yield f"{name}_anim_twice", riff(canvas, anim(), anim(), anmf(full))
        yield f"{name}_anim_short", riff(canvas, chunk(b"ANIM", b"\0" * 4), anmf(full))
        yield f"{name}_no_frame", riff(canvas, anim())
        yield f"{name}_still_too", riff(canvas, anim(), anmf(full), image_chunks(full))
        yield f"{name}_still_only", riff(canvas, image_chunks(full))
        yield f"{name}_frame_of_nothing", riff(canvas, anim(), chunk(b"ANMF", bytes(16)), anmf(full))
        yield f"{name}_frame_short", riff(canvas, anim(), chunk(b"ANMF", bytes(15)), anmf(full))
        yield f"{name}_frame_unknown", riff(canvas, anim(), anmf(full, after=chunk(b"what", b"??")), anmf(part))
        yield f"{name}_frame_unknown_first", riff(canvas, anim(), anmf(full, before=chunk(b"what", b"??")))
        yield f"{name}_second_broken", riff(canvas, anim(), anmf(full), anmf(part).replace(b"\x9d\x01\x2a", b"\x9d\x01\x2b"))
        yield f"{name}_second_damaged", riff(canvas, anim(), anmf(full), anmf(part)[:60] + b"\xff" * 30 + anmf(part)[90:])
        yield f"{name}_orientation", riff(canvas.replace(bytes([flags]), bytes([flags | EXIF]), 1), anim(), anmf(part, 2, 0), anmf(full), chunk(b"EXIF", exif(6)))
    yield "animation_flag_missing", riff(vp8x(24, 18, 0), anim(), anmf(full))
    yield "animation_flag_missing_still", riff(vp8x(24, 18, 0), image_chunks(full), anim(), anmf(part))
    out = io.BytesIO()
    frames = [picture(rng, 30, 20, 4) for _ in range(3)]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], background=(0, 255, 0, 128))
    yield "animation_of_pillow", out.getvalue()


def damage(rng):
    for name, data in (("lossy", saved(picture(rng, 33, 20))), ("lossless", saved(picture(rng, 33, 20), lossless=True)),
                       ("alpha", saved(picture(rng, 33, 20, 4)))):
        for number in range(16):
            broken = bytearray(data)
            for at in rng.integers(12, len(data), int(rng.integers(1, 4))):
                broken[at] ^= int(rng.integers(1, 256))
            yield f"damaged_{name}_{number}", bytes(broken)
    small = saved(picture(rng, 8, 8))
    at = small.index(b"\x9d\x01\x2a") + 3
    for w, h in ((13370, 13370), (16383, 16383), (16383, 1), (0, 8), (9, 9), (8 | 0xc000, 8)):
        yield f"lossy_says_{w}x{h}", small[:at] + struct.pack("<HH", w, h) + small[at + 4:]
    tiny = saved(Image.new("RGB", (4, 4), (3, 5, 7)), lossless=True)
    bits, = struct.unpack_from("<I", tiny, 21)
    for w, h in ((900, 700), (16384, 2), (4, 5)):
        yield f"lossless_says_{w}x{h}", tiny[:21] + struct.pack("<I", bits & ~0xfffffff | (w - 1) | (h - 1) << 14) + tiny[25:]
    yield "lossless_version_1", tiny[:21] + struct.pack("<I", bits | 1 << 29) + tiny[25:]


def cases(rng):
    for part in (plain, containers, animations, damage):
        for name, data in part(rng):
            yield f"{name}.webp", data
