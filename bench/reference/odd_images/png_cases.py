"""Odd PNG files: every pixel format, chunks that are broken, missing, twice or in the wrong place, data that end early."""

import itertools
import struct
import zlib

MAGIC = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
FORMATS = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8), (4, 8), (4, 16), (6, 8), (6, 16)]
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
END = b"\x00\x00\x00\x00IEND\xaeB\x60\x82"


def chunk(kind, data=b"", crc=None, length=None):
    crc = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data) if length is None else length) + kind + data + struct.pack(">I", crc)


def header(width, height, depth, color, compression=0, filters=0, interlace=0):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, compression, filters, interlace))


def scanlines(rng, width, height, depth, color, filters=range(5)):
    """Random samples, each line behind a filter byte that is valid."""
    size = (width * depth * CHANNELS[color] + 7) // 8
    return b"".join(bytes([int(rng.choice(list(filters)))]) + rng.integers(0, 256, size, "u1").tobytes() for _ in range(height))


def interlaced_lines(rng, width, height, depth, color):
    return b"".join(scanlines(rng, -(-(width - x) // dx), -(-(height - y) // dy), depth, color)
                    for x, y, dx, dy in ADAM7 if width > x and height > y)


def palette(rng, entries):
    return chunk(b"PLTE", rng.integers(0, 256, 3 * entries, "u1").tobytes())


def exif(orientation, order="<", prefix=b""):
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", 8)
    return prefix + head + struct.pack(order + "HHHIHHI", 1, 274, 3, 1, orientation, 0, 0)


def xmp(orientation, attribute=True):
    where = f'tiff:Orientation="{orientation}"/>' if attribute else f"><tiff:Orientation>{orientation}</tiff:Orientation>"
    return ("<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:Description " + where + "</x:xmpmeta>").encode()


def raw_profile(data):
    digits = data.hex()
    lines = [digits[i:i + 72] for i in range(0, len(digits), 72)]
    return "\n".join(["", "exif", f"{len(data):8d}"] + lines + [""]).encode()


class Picture:
    """The parts of a file, to be put together in odd ways."""

    def __init__(self, rng, color=2, depth=8, width=13, height=9, interlace=0, entries=None):
        make = interlaced_lines if interlace else scanlines
        self.lines = make(rng, width, height, depth, color)
        self.head = header(width, height, depth, color, interlace=interlace)
        self.palette = palette(rng, (1 << depth) if entries is None else entries) if color == 3 and entries != 0 else b""
        self.data = zlib.compress(self.lines)

    def file(self, before=b"", behind=b"", data=None, idat=None, end=END):
        idat = chunk(b"IDAT", self.data if data is None else data) if idat is None else idat
        return MAGIC + self.head + self.palette + before + idat + behind + end


def pixel_formats(rng):
    for color, depth in FORMATS:
        for interlace in (0, 1):
            for width, height in ((13, 9), (1, 1), (3, 5)):
                yield (f"format_c{color}_d{depth}_i{interlace}_{width}x{height}.png",
                       Picture(rng, color, depth, width, height, interlace).file())
    for color, depth in ((0, 3), (1, 8), (2, 4), (3, 16), (4, 4), (5, 8), (6, 1), (7, 8), (2, 32)):
        yield f"format_none_c{color}_d{depth}.png", MAGIC + header(3, 2, depth, color) + chunk(b"IDAT", zlib.compress(bytes(64))) + END
    for filter_kind in (0, 1, 2, 3, 4, 5, 9, 255):
        for color, depth in ((2, 8), (3, 4), (6, 16)):
            picture = Picture(rng, color, depth)
            lines = scanlines(rng, 13, 9, depth, color, [filter_kind])
            yield f"filter_{filter_kind}_c{color}_d{depth}.png", picture.file(data=zlib.compress(lines))


def headers(rng):
    picture = Picture(rng)
    plain = struct.pack(">IIBBBBB", 13, 9, 8, 2, 0, 0, 0)
    for name, fields in (("compression_1", (13, 9, 8, 2, 1, 0, 0)), ("filter_1", (13, 9, 8, 2, 0, 1, 0)),
                         ("zero_width", (0, 9, 8, 2, 0, 0, 0)), ("zero_height", (13, 0, 8, 2, 0, 0, 0)),
                         ("high_bit_width", (0x80000001, 1, 8, 2, 0, 0, 0)), ("huge", (100000, 100000, 1, 0, 0, 0, 0)),
                         ("less_high", (13, 4, 8, 2, 0, 0, 0)), ("higher", (13, 12, 8, 2, 0, 0, 0)),
                         ("wider", (14, 9, 8, 2, 0, 0, 0)), ("narrower", (12, 9, 8, 2, 0, 0, 0))):
        yield f"ihdr_{name}.png", MAGIC + header(*fields) + picture.file()[len(MAGIC) + len(picture.head):]
    yield "ihdr_interlace_2.png", MAGIC + header(13, 9, 8, 2, 0, 0, 2) + chunk(b"IDAT", zlib.compress(interlaced_lines(rng, 13, 9, 8, 2))) + END
    yield "ihdr_short.png", MAGIC + chunk(b"IHDR", plain[:12]) + chunk(b"IDAT", picture.data) + END
    yield "ihdr_long.png", MAGIC + chunk(b"IHDR", plain + b"more") + chunk(b"IDAT", picture.data) + END
    yield "ihdr_missing.png", MAGIC + chunk(b"IDAT", picture.data) + END
    yield "ihdr_behind_idat.png", MAGIC + chunk(b"IDAT", b"x") + picture.head + chunk(b"IDAT", picture.data) + END
    yield "ihdr_second.png", MAGIC + chunk(b"tEXt", b"a\0b") + picture.head + chunk(b"IDAT", picture.data) + END
    yield "ihdr_twice.png", MAGIC + header(3, 3, 8, 2) + picture.head + chunk(b"IDAT", picture.data) + END
    yield "only_signature.png", MAGIC
    yield "only_header.png", MAGIC + picture.head
    yield "no_idat.png", MAGIC + picture.head + END
    yield "signature_as_text.png", b"\x89PNG\n\n\x1a\n" + picture.file()[8:]


def checksums(rng):
    for kind in (b"IHDR", b"PLTE", b"tRNS", b"tEXt", b"IDAT", b"IEND", b"gAMA", b"abCd"):
        picture = Picture(rng, 3, 4)
        whole = picture.file(before=chunk(b"tRNS", b"\x80") + chunk(b"tEXt", b"a\0b") + chunk(b"gAMA", bytes(4)) + chunk(b"abCd", b"xyz"))
        at = whole.index(kind)
        length = struct.unpack(">I", whole[at - 4:at])[0]
        broken = bytearray(whole)
        broken[at + 4 + length + 3] ^= 1
        yield f"crc_{kind.decode()}.png", bytes(broken)
    picture = Picture(rng)
    yield "crc_tEXt_behind.png", picture.file(behind=chunk(b"tEXt", b"a\0b", crc=7))
    yield "crc_second_idat.png", picture.file(idat=chunk(b"IDAT", picture.data[:20]) + chunk(b"IDAT", picture.data[20:], crc=7))


def image_data(rng):
    picture = Picture(rng)
    data, lines = picture.data, picture.lines
    for pieces in (2, 3, 7, len(data)):
        cuts = [i * len(data) // pieces for i in range(pieces + 1)]
        yield f"idat_in_{pieces}.png", picture.file(idat=b"".join(chunk(b"IDAT", data[a:b]) for a, b in itertools.pairwise(cuts)))
    yield "idat_empty_ones.png", picture.file(idat=chunk(b"IDAT") + chunk(b"IDAT", data[:9]) + chunk(b"IDAT") * 2 + chunk(b"IDAT", data[9:]) + chunk(b"IDAT"))
    yield "idat_apart.png", picture.file(idat=chunk(b"IDAT", data[:50]) + chunk(b"tEXt", b"a\0b") + chunk(b"IDAT", data[50:]))
    yield "idat_apart_complete.png", picture.file(idat=chunk(b"IDAT", data) + chunk(b"tEXt", b"a\0b") + chunk(b"IDAT", data))
    yield "idat_ddat.png", picture.file(idat=chunk(b"IDAT", data[:50]) + chunk(b"DDAT", data[50:]))
    yield "idat_second_cut.png", picture.file(idat=chunk(b"IDAT", data) + chunk(b"IDAT", b"abc", length=100), end=b"")
    yield "idat_garbage_behind.png", picture.file(data=data + rng.integers(0, 256, 40, "u1").tobytes())
    yield "idat_two_streams.png", picture.file(data=data + data)
    yield "idat_too_much.png", picture.file(data=zlib.compress(lines + bytes(500)))
    for cut in (1, 2, 3, 4, 5, 6, 8, 12, 60):
        yield f"idat_minus_{cut}.png", picture.file(data=data[:-cut])
        yield f"idat_minus_{cut}_no_end.png", picture.file(data=data[:-cut], end=b"")
        yield f"file_minus_{12 + 4 + cut}.png", picture.file()[:-12 - 4 - cut]
    for cut in (1, 4, 8, 11, 12, 13, 16):
        yield f"file_minus_{cut}.png", picture.file()[:-cut]
    for name, adler in (("wrong", 0x12345678), ("zero", 0)):
        wrong = data[:-4] + struct.pack(">I", adler)
        yield f"adler_{name}.png", picture.file(data=wrong)
        yield f"adler_{name}_own_chunk.png", picture.file(idat=chunk(b"IDAT", wrong[:-4]) + chunk(b"IDAT", wrong[-4:]))
        yield f"adler_{name}_split.png", picture.file(idat=chunk(b"IDAT", wrong[:-2]) + chunk(b"IDAT", wrong[-2:]))
    for rows in (0, 1, 4, 8):
        line = len(lines) // 9
        for extra in (0, 1, line - 1):
            yield f"lines_{rows}_and_{extra}.png", picture.file(data=zlib.compress(lines[:rows * line + extra]))
    for level in (0, 1, 9):
        yield f"deflate_level_{level}.png", picture.file(data=zlib.compress(lines, level))
    for wbits in (9, 10, 12, -15, 31):
        deflate = zlib.compressobj(6, zlib.DEFLATED, wbits)
        yield f"deflate_wbits_{wbits}.png", picture.file(data=deflate.compress(lines) + deflate.flush())
    flat = Picture(rng)
    flat.lines = bytes(len(lines))
    for cut in range(0, 9):
        packed = zlib.compress(flat.lines)
        yield f"flat_minus_{cut}.png", picture.file(data=packed[:len(packed) - cut])
    dictionary = zlib.compressobj(zdict=b"abcdef")
    yield "deflate_dictionary.png", picture.file(data=dictionary.compress(lines) + dictionary.flush())
    for at in range(0, len(data), len(data) // 12):
        broken = bytearray(data)
        broken[at] ^= 0x5a
        yield f"deflate_broken_at_{at}.png", picture.file(data=bytes(broken))
    for interlace_cut in (1, 5, 40):
        woven = Picture(rng, 6, 8, interlace=1)
        yield f"interlaced_minus_{interlace_cut}.png", woven.file(data=woven.data[:-interlace_cut])
    woven = Picture(rng, 0, 8, 9, 9, interlace=1)
    for count in (3, 6, 10, 30, 60, len(woven.lines) - 10):
        yield f"interlaced_first_{count}.png", woven.file(data=zlib.compress(woven.lines[:count]))
    large = Picture(rng, 2, 8, 260, 150)
    yield "idat_larger_than_a_block.png", large.file(data=zlib.compress(large.lines, 0))
    yield "idat_larger_wrong_adler.png", large.file(data=zlib.compress(large.lines, 0)[:-1] + b"!")


def palettes(rng):
    for entries in (0, 1, 2, 5, 15, 16, 17, 200, 256, 257):
        yield f"palette_of_{entries}_d4.png", Picture(rng, 3, 4, entries=entries).file()
        yield f"palette_of_{entries}_d8.png", Picture(rng, 3, 8, entries=entries).file()
    for size in (1, 2, 4, 5, 766, 767, 769, 770, 771):
        picture = Picture(rng, 3, 8, entries=0)
        yield f"palette_bytes_{size}.png", picture.file(before=chunk(b"PLTE", rng.integers(0, 256, size, "u1").tobytes()))
    picture = Picture(rng, 3, 8, entries=0)
    yield "palette_behind_idat.png", picture.file(behind=palette(rng, 256))
    yield "palette_twice.png", picture.file(before=palette(rng, 256) + palette(rng, 4))
    yield "palette_empty.png", picture.file(before=chunk(b"PLTE"))
    for color, depth in ((0, 8), (2, 8), (6, 8), (4, 8), (0, 16)):
        yield f"palette_not_needed_c{color}_d{depth}.png", Picture(rng, color, depth).file(before=palette(rng, 7))


def transparency(rng):
    for name, alpha in (("one", b"\x00"), ("third", b"\xff\xff\x00"), ("middle", b"\xff\x00\xff\xff"), ("two", b"\x00\xff\x00"),
                        ("half", b"\x80"), ("many", bytes(range(0, 256, 17))), ("all", bytes(16)), ("opaque", b"\xff" * 16), ("empty", b""),
                        ("line_feed", b"\xff\x00\n"), ("two_line_feeds", b"\xff\x00\n\n"), ("full", bytes(range(256))),
                        ("too_long", bytes(range(256)) + b"abc"), ("far", b"\xff" * 260 + b"\x00")):
        for depth in (4, 8):
            yield f"trns_palette_{name}_d{depth}.png", Picture(rng, 3, depth).file(before=chunk(b"tRNS", alpha))
    picture = Picture(rng, 3, 4)
    yield "trns_before_palette.png", MAGIC + picture.head + chunk(b"tRNS", b"\x00\x40\x80") + picture.palette + chunk(b"IDAT", picture.data) + END
    yield "trns_behind_idat.png", picture.file(behind=chunk(b"tRNS", b"\x00\x40\x80"))
    yield "trns_twice.png", picture.file(before=chunk(b"tRNS", b"\x00\x40\x80") + chunk(b"tRNS", b"\x90"))
    for color, depth in ((0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16)):
        for name, key in (("zero", 0), ("one", 1), ("top", (1 << depth) - 1), ("over", 300), ("scaled", 85), ("high", 0xff00)):
            value = struct.pack(">H", key & 0xffff) * CHANNELS[color]
            yield f"trns_c{color}_d{depth}_{name}.png", Picture(rng, color, depth, 40, 30).file(before=chunk(b"tRNS", value))
        yield f"trns_c{color}_d{depth}_short.png", Picture(rng, color, depth).file(before=chunk(b"tRNS", bytes(CHANNELS[color])))
        yield f"trns_c{color}_d{depth}_long.png", Picture(rng, color, depth).file(before=chunk(b"tRNS", bytes(9)))
    for color, depth in ((4, 8), (4, 16), (6, 8), (6, 16)):
        yield f"trns_beside_alpha_c{color}_d{depth}.png", Picture(rng, color, depth).file(before=chunk(b"tRNS", bytes(6)))


def orientations(rng):
    for orientation in range(0, 10):
        yield f"exif_{orientation}.png", Picture(rng).file(before=chunk(b"eXIf", exif(orientation)))
        yield f"exif_{orientation}_behind_palette.png", Picture(rng, 3, 4).file(behind=chunk(b"eXIf", exif(orientation, ">")))
    picture = Picture(rng, 6, 8)
    yield "exif_prefixed.png", picture.file(before=chunk(b"eXIf", exif(6, prefix=b"Exif\0\0")))
    yield "exif_empty.png", picture.file(before=chunk(b"eXIf"))
    yield "exif_garbage.png", picture.file(before=chunk(b"eXIf", b"garbage!" * 4))
    yield "exif_cut.png", picture.file(before=chunk(b"eXIf", exif(6)[:16]))
    yield "exif_interlaced.png", Picture(rng, 2, 8, interlace=1).file(before=chunk(b"eXIf", exif(7)))
    yield "exif_gray_alpha.png", Picture(rng, 4, 8).file(before=chunk(b"eXIf", exif(5)))
    for name, orientation in (("3", 3), ("8", 8)):
        yield f"raw_profile_{name}.png", picture.file(before=chunk(b"tEXt", b"Raw profile type exif\0" + raw_profile(exif(orientation, prefix=b"Exif\0\0"))))
        packed = b"Raw profile type exif\0\0" + zlib.compress(raw_profile(exif(orientation)))
        yield f"raw_profile_{name}_packed.png", picture.file(before=chunk(b"zTXt", packed))
    yield "raw_profile_no_hex.png", picture.file(before=chunk(b"tEXt", b"Raw profile type exif\0\nexif\n 9\nxyz"))
    yield "raw_profile_short.png", picture.file(before=chunk(b"tEXt", b"Raw profile type exif\0\nexif"))
    yield "raw_profile_under_exif.png", picture.file(before=chunk(b"tEXt", b"Raw profile type exif\0" + raw_profile(exif(3))) + chunk(b"eXIf", exif(6)))
    yield "text_exif.png", picture.file(before=chunk(b"tEXt", b"exif\0" + exif(6)))
    yield "text_exif_packed.png", picture.file(before=chunk(b"zTXt", b"exif\0\0" + zlib.compress(exif(6))))
    for attribute in (True, False):
        name = "attribute" if attribute else "element"
        itxt = b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(6, attribute)
        yield f"xmp_{name}.png", picture.file(before=chunk(b"iTXt", itxt))
        yield f"xmp_{name}_behind.png", picture.file(behind=chunk(b"iTXt", itxt))
        packed = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp(8, attribute))
        yield f"xmp_{name}_packed.png", picture.file(before=chunk(b"iTXt", packed))
        yield f"xmp_{name}_under_exif.png", picture.file(before=chunk(b"iTXt", itxt) + chunk(b"eXIf", exif(3)))
    yield "xmp_latin.png", picture.file(before=chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0\xff" + xmp(6)))
    yield "xmp_as_text.png", picture.file(before=chunk(b"tEXt", b"XML:com.adobe.xmp\0" + xmp(6)))


SIDE_CHUNKS = {
    "bKGD_wrong_size": (b"bKGD", b"12345"), "bKGD_empty": (b"bKGD", b""), "cHRM_short": (b"cHRM", bytes(16)), "cHRM_odd": (b"cHRM", bytes(31)),
    "cHRM_empty": (b"cHRM", b""), "gAMA_short": (b"gAMA", bytes(3)), "gAMA_zero": (b"gAMA", bytes(4)), "gAMA_long": (b"gAMA", bytes(9)),
    "sRGB_empty": (b"sRGB", b""), "sRGB_9": (b"sRGB", b"\x09"), "pHYs_short": (b"pHYs", bytes(8)), "pHYs_unit": (b"pHYs", bytes(8) + b"\x07"),
    "tIME_short": (b"tIME", b"12"), "sPLT_bad": (b"sPLT", b"x"), "hIST_wrong": (b"hIST", b"123"), "sBIT_wrong": (b"sBIT", b"\xff" * 9),
    "iCCP_no_name_end": (b"iCCP", b"abcdef"), "iCCP_empty": (b"iCCP", b""), "iCCP_method": (b"iCCP", b"a\0\1xyz"),
    "iCCP_garbage": (b"iCCP", b"a\0\0garbage"), "iCCP_cut": (b"iCCP", b"a\0\0" + zlib.compress(bytes(3000))[:9]),
    "iCCP_short": (b"iCCP", b"a\0"), "iCCP_nameless": (b"iCCP", b"\0garbage"), "iCCP_1MiB": (b"iCCP", b"a\0\0" + zlib.compress(bytes(1 << 20))),
    "iCCP_more_than_1MiB": (b"iCCP", b"a\0\0" + zlib.compress(bytes((1 << 20) + 1))),
    "tEXt_no_separator": (b"tEXt", b"no separator"), "tEXt_empty": (b"tEXt", b""), "tEXt_no_key": (b"tEXt", b"\0text"),
    "tEXt_transparency": (b"tEXt", b"transparency\0x"), "tEXt_interlace": (b"tEXt", b"interlace\0x"), "tEXt_interlace_empty": (b"tEXt", b"interlace\0"),
    "tEXt_bbox": (b"tEXt", b"bbox\0x"), "tEXt_gamma": (b"tEXt", b"gamma\0x"),
    "zTXt_not_deflate": (b"zTXt", b"a\0\0not deflate"), "zTXt_method": (b"zTXt", b"a\0\5x"), "zTXt_no_separator": (b"zTXt", b"abc"),
    "zTXt_empty": (b"zTXt", b""), "zTXt_bomb": (b"zTXt", b"a\0\0" + zlib.compress(bytes(5 << 20))),
    "zTXt_1MiB": (b"zTXt", b"a\0\0" + zlib.compress(bytes(1 << 20))), "zTXt_cut": (b"zTXt", b"a\0\0" + zlib.compress(bytes(999))[:8]),
    "iTXt_plain": (b"iTXt", b"a\0\0\0en\0b\0text"), "iTXt_no_separator": (b"iTXt", b"abc"), "iTXt_short": (b"iTXt", b"a\0\0"),
    "iTXt_no_language": (b"iTXt", b"a\0\0\0en"), "iTXt_method": (b"iTXt", b"a\0\1\7\0\0x"), "iTXt_not_deflate": (b"iTXt", b"a\0\1\0\0\0xyz"),
    "iTXt_bomb": (b"iTXt", b"a\0\1\0\0\0" + zlib.compress(bytes(5 << 20))), "iTXt_not_utf8": (b"iTXt", b"a\0\0\0\0\0\xff\xfe"),
    "unknown_critical": (b"ABCD", b"xyz"), "unknown_digits": (b"a1_9", b"xyz"), "unknown_name": (b"a?cd", b"xyz"), "unknown_space": (b"ab d", b"xyz"),
    "unknown_high": (b"ab\xe9d", b"xyz"), "eXIf_short": (b"eXIf", b"II"), "acTL_short": (b"acTL", bytes(7)), "fcTL_short": (b"fcTL", bytes(25)),
    "fdAT_short": (b"fdAT", b"123"), "fdAT_alone": (b"fdAT", bytes(9)), "IEND_early": (b"IEND", b""), "IHDR_again": (b"IHDR", struct.pack(">IIBBBBB", 13, 9, 8, 2, 0, 0, 0)),
}


def side_chunks(rng):
    for name, (kind, data) in SIDE_CHUNKS.items():
        for color, depth in ((2, 8), (0, 8)) if name.startswith("tEXt") else ((2, 8),):
            picture = Picture(rng, color, depth)
            yield f"{name}_c{color}.png", picture.file(before=chunk(kind, data))
            yield f"{name}_c{color}_behind.png", picture.file(behind=chunk(kind, data))
    picture = Picture(rng)
    yield "chunk_length_past_end.png", picture.file(before=chunk(b"tEXt", b"abc", length=0xffffffff))
    yield "chunk_length_past_end_behind.png", picture.file(behind=chunk(b"tEXt", b"abc", length=0xfffffff0))
    yield "chunk_length_short.png", picture.file(before=chunk(b"tEXt", b"abcdef", length=2))
    yield "text_more_than_64MiB.png", picture.file(before=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1 << 20))) * 65)
    yield "behind_end.png", picture.file() + b"trailing garbage" * 9
    yield "no_end_garbage.png", picture.file(end=b"garbage behind the pixels")
    yield "no_end.png", picture.file(end=b"")


def animations(rng):
    def control(frames=2, plays=0):
        return chunk(b"acTL", struct.pack(">II", frames, plays))

    def frame(sequence, width=13, height=9, left=0, top=0, dispose=0, blend=0):
        return chunk(b"fcTL", struct.pack(">IIIIIHHBB", sequence, width, height, left, top, 1, 10, dispose, blend))

    def later(sequence, lines):
        return chunk(b"fdAT", struct.pack(">I", sequence) + zlib.compress(lines))

    for color, depth in ((2, 8), (3, 4), (6, 8), (0, 16)):
        picture = Picture(rng, color, depth)
        second = later(2, picture.lines)
        yield f"apng_first_is_image_c{color}.png", picture.file(before=control() + frame(0), behind=frame(1) + second)
        yield f"apng_image_apart_c{color}.png", picture.file(before=control(), behind=frame(0) + later(1, picture.lines) + frame(2) + later(3, picture.lines))
        yield f"apng_dispose_c{color}.png", picture.file(before=control() + frame(0, dispose=2), behind=frame(1) + second)
    picture = Picture(rng)
    small = scanlines(rng, 5, 4, 8, 2)
    for name, control_chunk in (("none", b""), ("one", control(1)), ("two", control(2)), ("zero", control(0)), ("twice", control() * 2),
                                ("thrice", control() * 3), ("too_many", control(0x80000001)), ("many", control(0x80000000))):
        yield f"apng_part_frames_{name}.png", picture.file(before=control_chunk + frame(0, 5, 4, 3, 2), data=zlib.compress(small))
        yield f"apng_frames_{name}_out_of_order_behind.png", picture.file(before=control_chunk + frame(0), behind=frame(5))
    yield "apng_part_interlaced.png", (MAGIC + header(13, 9, 8, 2, interlace=1) + control() + frame(0, 5, 4, 3, 2)
                                       + chunk(b"IDAT", zlib.compress(interlaced_lines(rng, 5, 4, 8, 2))) + END)
    yield "apng_part_too_large.png", picture.file(before=control() + frame(0, 13, 9, 1, 0))
    yield "apng_part_empty.png", picture.file(before=control() + frame(0, 0, 0))
    yield "apng_out_of_order.png", picture.file(before=control() + frame(1))
    yield "apng_two_frame_controls.png", picture.file(before=control() + frame(0) + frame(1, 5, 4), data=zlib.compress(small))
    yield "apng_only_frame_data.png", picture.file(before=control() + frame(0), idat=later(1, picture.lines))
    yield "apng_frame_data_continue.png", picture.file(before=control() + frame(0), idat=chunk(b"IDAT", picture.data[:50])
                                                       + chunk(b"fdAT", struct.pack(">I", 1) + picture.data[50:]))
    yield "apng_frame_data_wrong_number.png", picture.file(before=control() + frame(0), idat=chunk(b"IDAT", picture.data[:50])
                                                           + chunk(b"fdAT", struct.pack(">I", 7) + picture.data[50:]))


def cases(rng):
    for group in (pixel_formats, headers, checksums, image_data, palettes, transparency, orientations, side_chunks, animations):
        yield from group(rng)
