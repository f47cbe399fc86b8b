"""TIFF files: every kind of samples that Pillow opens, all compressions, and directories that are odd or broken."""

import struct
import zlib

import numpy as np
from PIL.TiffImagePlugin import OPEN_INFO
from tiff_writer import (
    ASCII, BYTE, DEFLATE, DOUBLE, FLOAT, GROUP3, GROUP4, LONG, LONG8, LZW, NONE, OLD_DEFLATE, OLD_LZW, PACKBITS,
    RATIONAL, RLE, SHORT, SLONG, SRATIONAL, SSHORT, UNDEFINED, chunks, directory, jpeg, pack, packbits, tiff, write)

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'


def noise(rng, h, w, s=1, bits=8):
    return rng.integers(0, 1 << bits, (h, w, s))


def shapes(rng, h, w, s=1, bits=8):
    """Areas of one colour, so that compression has something to do."""
    small = noise(rng, -(-h // 5), -(-w // 7), s, bits)
    return small.repeat(5, 0).repeat(7, 1)[:h, :w]


def color_map(rng, bits, factor=None):
    values = rng.integers(0, 256 if factor else 65536, 3 << bits)
    return (320, SHORT, [int(v) * (factor or 1) for v in values])


def kinds(rng):
    """Each line of Pillow's table of what it opens, with a compression and strips by chance."""
    for number, key in enumerate(OPEN_INFO):
        mark, photometric, (sample_format,), fill_order, bits, extra = key
        order = "<" if mark == b"II" else ">"
        h, w, s = int(rng.integers(3, 12)), int(rng.integers(3, 20)), len(bits)
        if sample_format == 3:
            samples = rng.normal(120, 100, (h, w, s)).astype(np.float32)
            samples[0, :3, 0] = [np.nan, np.inf, -np.inf]
        else:
            wide = bits[0] >= 16 and s == 1
            samples = rng.integers(-300, 600, (h, w, s)) if wide and number % 3 else noise(rng, h, w, s, bits[0])
        tags = [color_map(rng, min(bits[0], 8))] if photometric == 3 else [(530, SHORT, [1, 1])] if photometric == 6 else []
        options = dict(photometric=photometric, order=order, fill_order=fill_order, extra=extra or None,
                       sample_format=sample_format, tags=tags, rows_per_strip=int(rng.integers(1, h + 1)))
        name = f"kind_{number:03d}_{mark.decode().lower()}_{photometric}_{sample_format}_{fill_order}_{s}x{bits[0]}"
        yield name, tiff(samples, bits[0], **options)
        compression = [LZW, DEFLATE, PACKBITS][number % 3]
        predictor = 1
        if compression != PACKBITS and bits[0] in (8, 16, 32):
            predictor = 3 if sample_format == 3 else 2
        if number % 2:
            options = {**options, "rows_per_strip": None, "tile": (16, 16) if number % 4 == 1 else (5, 4)}
        yield name + f"_c{compression}", tiff(samples, bits[0], compression=compression, predictor=predictor, **options)
        if s > 1 and number % 2:
            yield name + "_planes", tiff(samples, bits[0], planar=2, **options)
            yield name + f"_planes_c{compression}", tiff(
                samples, bits[0], planar=2, compression=compression, predictor=predictor, **options)


def fax(rng):
    for name, compression, options in (("rle", RLE, 0), ("g3", GROUP3, 0), ("g3_2d", GROUP3, 1), ("g3_fill", GROUP3, 4),
                                       ("g4", GROUP4, 0)):
        for width in (1, 9, 64, 200, 2700):
            samples = noise(rng, 6, width, bits=1) if width < 60 else shapes(rng, 9, width, bits=1)
            for fill_order in (1, 2):
                yield f"fax_{name}_{width}_f{fill_order}", tiff(
                    samples, 1, 0, compression=compression, options=options, fill_order=fill_order,
                    rows_per_strip=int(rng.integers(2, 10)))
        yield f"fax_{name}_black_is_zero", tiff(shapes(rng, 9, 50, bits=1), 1, 1, compression=compression, options=options)
        if compression == GROUP4:  # of which libtiff leaves undefined what follows a break
            continue
        whole = tiff(shapes(rng, 20, 60, bits=1), 1, 0, compression=compression, options=options)
        broken = bytearray(whole)
        broken[8 + len(whole[8:]) // 9] ^= 0x55
        yield f"fax_{name}_bad_code", bytes(broken)
        yield f"fax_{name}_too_few_rows", tiff(
            shapes(rng, 20, 60, bits=1), 1, 0, compression=compression, options=options, tags=[(257, LONG, [35])])
    yield "fax_g4_tiles", tiff(shapes(rng, 40, 50, bits=1), 1, 0, compression=GROUP4, tile=(32, 16))
    samples = shapes(rng, 8, 50, bits=1)
    words = [b + b"\0" * (len(b) & 1) for b in (tiff_strip(samples[y:y + 1], RLE) for y in range(8))]
    yield "fax_rle_words", write(gray_entries(50, 8, 1, compression=32771), [b"".join(words)])
    yield "fax_of_gray", write(gray_entries(50, 8, 8, compression=4), [b"\0" * 40])


def tiff_strip(samples, compression):
    whole = tiff(samples, 1, 0, compression=compression)
    at, = struct.unpack_from("<I", whole, 4)
    return whole[8:at].rstrip(b"\0") if compression == GROUP4 else whole[8:at]


def gray_entries(w, h, bits=8, compression=1, photometric=0, **more):
    entries = {256: (LONG, [w]), 257: (LONG, [h]), 258: (SHORT, [bits]), 259: (SHORT, [compression]),
               262: (SHORT, [photometric]), 278: (LONG, [h])}
    return [(tag, *e) for tag, e in entries.items()]


def orientations(rng):
    samples = noise(rng, 5, 7, 3)
    for orientation in range(10):
        yield f"orientation_{orientation}", tiff(samples, tags=[(274, SHORT, [orientation])])
        yield f"orientation_{orientation}_lzw", tiff(
            samples, compression=LZW, rows_per_strip=2, tags=[(274, SHORT, [orientation])])
    for name, kind, content in (("byte", BYTE, [6]), ("long", LONG, [6]), ("float", FLOAT, [6.0]), ("half", FLOAT, [6.5]),
                                ("fraction", RATIONAL, [(12, 2)]), ("two", SHORT, [6, 3]), ("text", ASCII, b"6\0"),
                                ("signed", SSHORT, [6]), ("zero_by_zero", RATIONAL, [(0, 0)])):
        yield f"orientation_as_{name}", tiff(samples, tags=[(274, kind, content)])
    yield "orientation_in_xmp", tiff(samples, tags=[(700, BYTE, XMP)])
    yield "orientation_in_xmp_too", tiff(samples, tags=[(274, SHORT, [3]), (700, BYTE, XMP)])
    yield "orientation_of_palette", tiff(
        noise(rng, 5, 7), photometric=3, tags=[(274, SHORT, [8]), color_map(rng, 8)])
    yield "orientation_of_gray_alpha", tiff(noise(rng, 5, 7, 2), extra=[2], tags=[(274, SHORT, [5])])


def palettes(rng):
    for bits in (1, 2, 4, 8):
        for factor in (1, 256, 257):
            yield f"palette_{bits}_times_{factor}", tiff(
                noise(rng, 6, 9, bits=bits), bits, 3, tags=[color_map(rng, bits, factor)])
    short = [int(v) for v in rng.integers(0, 65536, 30)]
    samples = noise(rng, 6, 9)
    for name, kind, content in (("short", SHORT, short), ("odd", SHORT, short[:-1]), ("one", SHORT, [9]),
                                ("long", LONG, [v * 9 for v in short]), ("bytes", BYTE, bytes(range(30))),
                                ("undefined", UNDEFINED, bytes(30)), ("signed", SLONG, [-v for v in short]),
                                ("too_long", SHORT, short * 30), ("float", FLOAT, [float(v) for v in short])):
        yield f"palette_map_{name}", tiff(samples, photometric=3, tags=[(320, kind, content)])
        yield f"palette_map_{name}_lzw", tiff(samples, photometric=3, compression=LZW, tags=[(320, kind, content)])
    yield "palette_without_map", tiff(samples, photometric=3)
    yield "palette_4_lzw_map_short", tiff(
        noise(rng, 6, 9, bits=4), 4, 3, compression=LZW, tags=[(320, SHORT, short)])


def ycbcr_blocks(samples, across, down):
    """Packed blocks of lumas with their chromas, rows of blocks, from samples [h, w, 3]."""
    h, w = samples.shape[:2]
    padded = np.pad(samples, ((0, -h % down), (0, -w % across), (0, 0)), "edge")
    rows = []
    for y in range(0, padded.shape[0], down):
        row = []
        for x in range(0, padded.shape[1], across):
            block = padded[y:y + down, x:x + across]
            row += [*block[:, :, 0].reshape(-1), block[0, 0, 1], block[0, 0, 2]]
        rows.append(bytes(int(v) for v in row))
    return b"".join(rows)


def ycbcr(rng):
    for across, down in ((1, 1), (1, 2), (2, 1), (2, 2), (4, 1), (4, 2), (4, 4), (1, 4), (2, 4), (3, 3)):
        for w, h, rows in ((12, 8, 4), (13, 9, 8), (7, 5, 3)):
            samples = noise(rng, h, w, 3)
            tags = [(530, SHORT, [across, down])]
            entries = [(256, LONG, [w]), (257, LONG, [h]), (258, SHORT, [8, 8, 8]), (259, SHORT, [8]), (262, SHORT, [6]),
                       (277, SHORT, [3]), (278, LONG, [rows]), *tags]
            parts = [zlib.compress(ycbcr_blocks(samples[y:y + rows], across, down)) for y in range(0, h, rows)]
            yield f"ycbcr_{across}{down}_{w}x{h}", write(entries, parts)
    samples = noise(rng, 12, 20, 3)
    full = [(530, SHORT, [1, 1])]
    for name, tags in (("bt709", [(529, RATIONAL, [(2126, 10000), (7152, 10000), (722, 10000)])]),
                       ("video", [(532, RATIONAL, [(16, 1), (235, 1), (128, 1), (240, 1), (128, 1), (240, 1)])]),
                       ("no_green", [(529, RATIONAL, [(1, 2), (0, 1), (1, 2)])]),
                       ("no_range", [(532, RATIONAL, [(5, 1)] * 6)]),
                       ("turned", [(274, SHORT, [3])]), ("turned_6", [(274, SHORT, [6])]), ("turned_7", [(274, SHORT, [7])]),
                       ("turned_4", [(274, SHORT, [4])]), ("mirrored", [(274, SHORT, [2])])):
        yield f"ycbcr_{name}", tiff(samples, photometric=6, compression=LZW, rows_per_strip=5, tags=full + tags)
    yield "ycbcr_predictor", tiff(samples, photometric=6, compression=LZW, predictor=2, tags=full)
    yield "ycbcr_tiles", tiff(samples, photometric=6, compression=DEFLATE, tile=(16, 16), tags=full)
    yield "ycbcr_planes", tiff(samples, photometric=6, compression=DEFLATE, planar=2, rows_per_strip=5, tags=full)
    yield "ycbcr_planes_tiles", tiff(samples, photometric=6, compression=LZW, planar=2, tile=(16, 16), tags=full)
    yield "ycbcr_sampling_missing", tiff(samples, photometric=6, compression=PACKBITS)
    yield "ycbcr_uncompressed", tiff(samples, photometric=6, tags=full)
    yield "ycbcr_one_sample", tiff(samples[:, :, :1], photometric=6, compression=LZW, tags=full)
    tile = noise(rng, 16, 16, 3)
    entries = [(256, LONG, [13]), (257, LONG, [11]), (258, SHORT, [8, 8, 8]), (259, SHORT, [8]), (262, SHORT, [6]),
               (277, SHORT, [3]), (322, LONG, [16]), (323, LONG, [16]), (530, SHORT, [2, 2])]
    yield "ycbcr_22_tile", write(entries, [zlib.compress(ycbcr_blocks(tile, 2, 2))], offsets=324, counts=325)


def jpegs(rng):
    """JPEG strips and tiles, with their tables in them or elsewhere."""
    samples = shapes(rng, 40, 50, 3)

    def file(parts, photometric=6, tables=None, w=50, h=40, rows=16, spp=3, tags=(), **layout):
        entries = {256: (LONG, [w]), 257: (LONG, [h]), 258: (SHORT, [8] * spp), 259: (SHORT, [7]),
                   262: (SHORT, [photometric]), 277: (SHORT, [spp]), 278: (LONG, [rows])}
        if tables is not None:
            entries[347] = (UNDEFINED, tables)
        for tag, kind, content in tags:
            entries[tag] = (kind, content)
        return write(sorted((tag, *e) for tag, e in entries.items()), parts, **layout)

    def strips(options, rows=16, source=samples, stream=0):
        return [jpeg(source[y:y + rows], stream, **options) for y in range(0, source.shape[0], rows)]

    for sampling in ("4:4:4", "4:2:2", "4:2:0"):
        for quality in (30, 95):
            options = dict(subsampling=sampling, quality=quality)
            name = f"jpeg_{sampling.replace(':', '')}_{quality}"
            yield name, file(strips(options))
            yield name + "_tables", file(strips(options, stream=2), tables=jpeg(samples, 1, **options))
    usual = dict(subsampling="4:2:0")
    yield "jpeg_sampling_said", file(strips(usual), tags=[(530, SHORT, [2, 2])])
    yield "jpeg_sampling_said_wrong", file(strips(usual), tags=[(530, SHORT, [1, 1])])
    yield "jpeg_sampling_changes", file(strips(usual)[:2] + strips(dict(subsampling="4:4:4"))[2:])
    yield "jpeg_rgb", file(strips(dict(keep_rgb=True)), 2)
    yield "jpeg_rgb_said_ycbcr", file(strips(dict(keep_rgb=True)), 6)
    yield "jpeg_ycbcr_said_rgb", file(strips(dict(subsampling="4:4:4")), 2)
    yield "jpeg_ycbcr_420_said_rgb", file(strips(usual), 2)
    yield "jpeg_progressive", file(strips(dict(progressive=True)))
    yield "jpeg_restarts", file(strips(dict(restart_marker_blocks=2)))
    yield "jpeg_lab", file(strips(dict(keep_rgb=True)), 8)
    gray = samples[:, :, :1]
    for photometric in (0, 1):
        yield f"jpeg_gray_{photometric}", file(strips({}, source=gray), photometric, spp=1)
    yield "jpeg_palette", file(strips({}, source=gray), 3, spp=1, tags=[color_map(rng, 8)])
    yield "jpeg_gray_said_rgb", file(strips({}, source=gray), 2)
    yield "jpeg_rgb_said_gray", file(strips({}), 1, spp=1)
    yield "jpeg_cmyk", file(strips({}, source=shapes(rng, 40, 50, 4)), 5, spp=4)
    planes = [p for i in range(3) for p in strips({}, source=samples[:, :, i:i + 1])]
    yield "jpeg_planes_rgb", file(planes, 2, tags=[(284, SHORT, [2])])
    yield "jpeg_planes_ycbcr", file(planes, 6, tags=[(284, SHORT, [2]), (530, SHORT, [1, 1])])
    yield "jpeg_one_strip", file(strips(usual, 40), rows=40)
    yield "jpeg_last_strip_whole", file(strips(usual, source=shapes(rng, 48, 50, 3)))
    yield "jpeg_strip_too_high", file(strips(usual, 20), rows=16)
    yield "jpeg_strips_too_wide", file(strips(usual), w=40)
    yield "jpeg_two_bits", file(strips({}, source=gray), 1, spp=1, tags=[(258, SHORT, [4])])
    yield "jpeg_orientation", file(strips(usual), tags=[(274, SHORT, [6])])
    yield "jpeg_fill_order", file(strips({}, source=gray), 1, spp=1, tags=[(266, SHORT, [2])])
    tiles = [jpeg(c, **usual) for c in chunks(samples, None, (16, 16))]
    tags = [(322, LONG, [16]), (323, LONG, [16])]
    yield "jpeg_tiles", file(tiles, tags=tags, offsets=324, counts=325)
    tables = jpeg(samples, 1)
    whole, short = strips({}), strips({}, stream=2)
    yield "jpeg_tables_missing", file(short)
    yield "jpeg_tables_empty", file(short, tables=b"\xff\xd8\xff\xd9")
    yield "jpeg_tables_cut", file(short, tables=tables[:-20])
    yield "jpeg_tables_no_jpeg", file(short, tables=b"no tables at all")
    yield "jpeg_tables_whole_picture", file(whole, tables=jpeg(samples))
    yield "jpeg_tables_too", file(whole, tables=tables)
    yield "jpeg_cut", file([whole[0], whole[1][:-60], whole[2]])
    yield "jpeg_no_end", file([p[:-2] for p in whole])
    yield "jpeg_no_start", file([p[2:] for p in whole])
    yield "jpeg_empty_strip", file([whole[0], b"\xff\xd8\xff\xd9", whole[2]])
    for number, at in enumerate(rng.integers(600, len(whole[0]), 5)):
        broken = bytearray(whole[0])
        broken[at] ^= int(rng.integers(1, 256))
        yield f"jpeg_damaged_{number}", file([bytes(broken), *whole[1:]])


def entry_types(rng):
    """Values in types that they should not have."""
    samples = noise(rng, 6, 9)
    for tag, value in ((256, 9), (257, 6), (258, 8), (259, 1), (259, 5), (262, 1), (277, 1), (278, 6), (284, 1)):
        compression = LZW if tag != 259 else value
        for name, kind, content in (("byte", BYTE, [value]), ("signed", SSHORT, [value]), ("long8", LONG8, [value]),
                                    ("float", FLOAT, [value]), ("fraction", RATIONAL, [(value, 1)]),
                                    ("undefined", UNDEFINED, bytes([value])), ("two", SHORT, [value, value + 1]),
                                    ("negative", SLONG, [-value]), ("zero", LONG, [0]), ("huge", LONG, [2**32 - 1]),
                                    ("unknown", 99, bytes([value]))):
            for packing in {compression, NONE if tag != 259 else compression}:
                yield f"type_{tag}_{value}_{name}_c{packing}", tiff(
                    samples, compression=packing, tags=[(tag, kind, content)])
    for tag in (256, 257, 258, 259, 262, 277, 278, 284):
        yield f"without_{tag}", tiff(samples, without=[tag])
        yield f"without_{tag}_lzw", tiff(samples, compression=LZW, without=[tag])
    for kind in (BYTE, SHORT, SSHORT, LONG, SLONG, LONG8, FLOAT):
        for compression in (NONE, PACKBITS):
            yield f"offsets_as_{kind}_c{compression}", tiff(samples, compression=compression, rows_per_strip=2, offset_type=kind)


def strips(rng):
    samples = noise(rng, 10, 9, 3)
    for compression in (NONE, LZW, DEFLATE):
        for name, options in {
            "without_counts": dict(counts=None), "without_counts_one": dict(counts=None, rows_per_strip=10),
            "zero_counts": dict(tags=[(279, LONG, [0] * 4)]), "zero_count_one": dict(rows_per_strip=10, tags=[(279, LONG, [0])]),
            "large_counts": dict(tags=[(279, LONG, [100000] * 4)]), "few_counts": dict(tags=[(279, LONG, [81, 81])]),
            "without_offsets": dict(offsets=None), "few_offsets": dict(tags=[(273, LONG, [8, 89])]),
            "offsets_past_end": dict(tags=[(273, LONG, [8, 89, 10**6, 251])]), "same_offsets": dict(tags=[(273, LONG, [8] * 4)]),
            "many_offsets": dict(tags=[(273, LONG, [8, 20, 30, 40, 50, 9, 60, 70, 80, 12])]),
            "offset_zero": dict(tags=[(273, LONG, [0] * 4)]), "rows_per_strip_large": dict(tags=[(278, LONG, [10**6])]),
            "rows_per_strip_max": dict(tags=[(278, LONG, [2**32 - 1])]), "rows_per_strip_0": dict(tags=[(278, LONG, [0])]),
            "rows_per_strip_1": dict(tags=[(278, LONG, [1])]), "gap": dict(gap=b"some bytes between"),
        }.items():
            yield f"strips_{name}_c{compression}", tiff(samples, compression=compression, **{"rows_per_strip": 3, **options})
        for name, (tw, th) in {"small": (4, 4), "wide": (64, 2), "tall": (2, 64), "exact": (9, 10), "width": (9, 4)}.items():
            for planar in (1, 2):
                yield f"tiles_{name}_{planar}_c{compression}", tiff(
                    samples, compression=compression, tile=(tw, th), planar=planar)
        yield f"tiles_0_c{compression}", tiff(samples, compression=compression, tile=(4, 4), tags=[(322, LONG, [0])])
        yield f"tiles_without_length_c{compression}", tiff(samples, compression=compression, tile=(4, 4), without=[323])
        yield f"tiles_one_bit_c{compression}", tiff(noise(rng, 9, 13, bits=1), 1, compression=compression, tile=(5, 4))
        yield f"tiles_in_strip_tags_c{compression}", tiff(
            samples, compression=compression, tile=(4, 4), offsets=273, counts=279)


def damage(rng):
    samples = shapes(rng, 20, 30, 3)
    for compression in (NONE, LZW, OLD_LZW, DEFLATE, OLD_DEFLATE, PACKBITS):
        whole = tiff(samples, compression=compression, rows_per_strip=7)
        yield f"packed_{compression}".replace("-", "old_"), whole
        one = tiff(samples, compression=compression)
        yield f"predicted_{compression}".replace("-", "old_"), tiff(samples, compression=compression, predictor=2)
        for cut in (4, 9, len(whole) // 2, len(whole) - 40, len(whole) - 1):
            yield f"cut_{compression}_{cut}".replace("-", "old_"), whole[:cut]
        for number, at in enumerate(rng.integers(8, len(whole), 6)):
            broken = bytearray(whole)
            broken[at] ^= int(rng.integers(1, 256))
            yield f"damaged_{compression}_{number}".replace("-", "old_"), bytes(broken)
        yield f"behind_{compression}".replace("-", "old_"), one + b"more bytes than it needs"
    data = b"".join(pack(samples, 8, "<"))
    entries = [(256, LONG, [30]), (257, LONG, [20]), (258, SHORT, [8, 8, 8]), (262, SHORT, [2]), (277, SHORT, [3])]
    for name, compression, strip in (
            ("deflate_bad_checksum", 8, zlib.compress(data)[:-1] + b"?"), ("deflate_no_checksum", 8, zlib.compress(data)[:-4]),
            ("deflate_longer", 8, zlib.compress(data * 3)), ("deflate_shorter", 8, zlib.compress(data[:-1])),
            ("deflate_raw", 8, zlib.compress(data)[2:-4]), ("packbits_nops", 32773, b"\x80" * 50 + packbits(data)),
            ("packbits_longer", 32773, packbits(data) + packbits(data)), ("packbits_shorter", 32773, packbits(data[:-2])),
            ("lzw_empty", 5, b"\x80"), ("lzw_only_clear", 5, b"\x80\x40\x20\x10"), ("lzw_no_clear", 5, b"\0\x40\x20\x10" * 9)):
        yield "strip_" + name, write([*entries, (259, SHORT, [compression])], [strip])
    for number in (0, 6, 7, 9, 34892, 32809, 34676, 34677, 34887, 34925, 50000, 50001, 65535):
        yield f"compression_{number}", write([*entries, (259, SHORT, [number])], [data])
    for kind in (0, 1, 2, 3, 4, 34892):
        yield f"predictor_{kind}", write([*entries, (259, SHORT, [8]), (317, SHORT, [kind])], [zlib.compress(data)])
    yield "predictor_2_of_bits", tiff(noise(rng, 5, 9, bits=4), 4, compression=LZW, tags=[(317, SHORT, [2])])
    yield "predictor_2_uncompressed", tiff(samples, tags=[(317, SHORT, [2])])


def directories(rng):
    samples = noise(rng, 6, 9, 3)
    for order in "<>":
        yield f"big_{'le' if order == '<' else 'be'}", tiff(samples, order=order, big=True)
        for compression in (LZW, DEFLATE):
            yield f"big_{'le' if order == '<' else 'be'}_c{compression}", tiff(
                samples, order=order, big=True, compression=compression, rows_per_strip=2)
    plain = tiff(samples)
    packed = tiff(samples, compression=LZW)
    for name, head in (("le_swapped", b"II\0*"), ("be_in_le", b"MM*\0"), ("mixed", b"IM*\0"), ("version_44", b"II,\0")):
        yield f"header_{name}", head + plain[4:]
        yield f"header_{name}_lzw", head + packed[4:]
    big_endian = tiff(samples, order=">")
    yield "header_be_swapped", b"MM*\0" + big_endian[4:]
    for name, at in (("zero", 0), ("behind", 10**6), ("at_end", len(plain)), ("last_byte", len(plain) - 1)):
        yield f"first_directory_{name}", plain[:4] + struct.pack("<I", at) + plain[8:]
    for number in range(4):
        for compression in (NONE, DEFLATE):
            yield f"shuffled_{number}_c{compression}", tiff(samples, compression=compression, shuffle=rng)
    at, = struct.unpack_from("<I", plain, 4)
    count, = struct.unpack_from("<H", plain, at)
    end = at + 2 + 12 * count
    yield "next_is_first", plain[:end] + struct.pack("<I", at) + plain[end + 4:]
    yield "next_is_behind", plain[:end] + struct.pack("<I", 10**8) + plain[end + 4:]
    second, values = directory([(256, LONG, [1])], "<", False, len(plain), len(plain) + 100)
    yield "two_images", plain[:end] + struct.pack("<I", len(plain)) + plain[end + 4:] + second + values
    for more in (1, 5, 60000):
        yield f"more_entries_{more}", plain[:at] + struct.pack("<H", (count + more) & 0xffff) + plain[at + 2:]
    yield "fewer_entries", plain[:at] + struct.pack("<H", count - 2) + plain[at + 2:]
    for compression in (NONE, LZW):
        extra = {"text_past_end": (270, ASCII, 50, 10**6), "text_last": (60000, ASCII, 50, 10**6),
                 "profile_huge": (34675, UNDEFINED, 2**31, 8), "empty": (271, ASCII, 0, 0), "exif_past_end": (34665, LONG, 1, 10**6)}
        for name, (tag, kind, number, value) in extra.items():
            whole = tiff(samples, compression=compression, tags=[(tag, LONG, [value])])
            place = whole.rindex(struct.pack("<HHI", tag, LONG, 1))
            yield f"entry_{name}_c{compression}", whole[:place] + struct.pack("<HHI", tag, kind, number) + whole[place + 8:]
        entries = [(256, LONG, [9]), (257, LONG, [6]), (258, SHORT, [8]), (259, SHORT, [compression]), (262, SHORT, [1]),
                   (262, SHORT, [0]), (256, LONG, [8])]
        gray = b"".join(pack(samples[:, :, :1], 8, "<"))
        from tiff_writer import lzw
        yield f"entries_twice_c{compression}", write(entries, [lzw(gray) if compression == LZW else gray])
        yield f"entry_of_media_photo_c{compression}", tiff(samples, compression=compression, tags=[(0xbc01, SHORT, [1])])
    for w, h in ((0, 5), (5, 0), (10**6, 10**6), (2**31, 2), (2**32 - 1, 2**32 - 1), (65535, 65535)):
        yield f"size_{w}x{h}", tiff(samples, tags=[(256, LONG, [w]), (257, LONG, [h])])
    yield "planar_3", tiff(samples, tags=[(284, SHORT, [3])])
    yield "planar_3_lzw", tiff(samples, compression=LZW, tags=[(284, SHORT, [3])])
    for bits in ([8], [8, 8], [8, 8, 8, 8], [8, 8, 16], [5, 6, 5], [0], [7], [24], [64], [65535]):
        name = "_".join(map(str, bits))
        yield f"bits_{name}", tiff(samples, tags=[(258, SHORT, bits)])
        yield f"bits_{name}_lzw", tiff(samples, compression=LZW, tags=[(258, SHORT, bits)])
    for number in (0, 2, 4, 5, 7, 65535):
        yield f"samples_{number}", tiff(samples, tags=[(277, SHORT, [number])])
        yield f"samples_{number}_lzw", tiff(samples, compression=LZW, tags=[(277, SHORT, [number])])
    for formats in ([1, 1], [1, 2, 1], [4] * 3, [0] * 3, [6] * 3, [1]):
        yield f"formats_{'_'.join(map(str, formats))}", tiff(samples, tags=[(339, SHORT, formats)])
        yield f"formats_{'_'.join(map(str, formats))}_lzw", tiff(samples, compression=LZW, tags=[(339, SHORT, formats)])
    four = noise(rng, 6, 9, 4)
    for extra in ([0], [1], [2], [3], [999], [0, 0], [2, 0]):
        for planar in (1, 2):
            for compression in (NONE, LZW):
                yield f"extra_{'_'.join(map(str, extra))}_p{planar}_c{compression}", tiff(
                    four, extra=extra, planar=planar, compression=compression)
    for photometric in (0, 1, 3, 4, 5, 6, 8, 9, 10, 32803, 32844, 32845):
        yield f"photometric_{photometric}", tiff(samples, photometric=photometric)
    yield "six_planes_two_unused", tiff(noise(rng, 6, 9, 5), planar=2, extra=[0, 0], photometric=2)
    yield "six_planes_two_unused_lzw", tiff(noise(rng, 6, 9, 5), planar=2, extra=[0, 0], photometric=2, compression=LZW)


def cases(rng):
    for part in (kinds, fax, orientations, palettes, ycbcr, jpegs, entry_types, strips, damage, directories):
        for name, data in part(rng):
            yield f"{name}.tif", data
