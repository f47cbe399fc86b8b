"""Writes JPEGs that no ordinary encoder writes: any sampling, scan script, entropy coder and segment (ITU-T T.81)."""

import struct
from dataclasses import dataclass, field

import numpy as np

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
ZIGZAG = sorted(range(64), key=lambda i: (i // 8 + i % 8, (i // 8 if (i // 8 + i % 8) % 2 else i % 8)))
BASIS = np.array([[np.sqrt((1 + (u > 0)) / 8) * np.cos((2 * x + 1) * u * np.pi / 16) for x in range(8)] for u in range(8)])

# Huffman tables: the number of words of each length, and the symbols. The first two are those of T.81, K.3.
DC_TABLE = (bytes([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]), bytes(range(12)))
FLAT_TABLE = (bytes([0] * 7 + [254, 2] + [0] * 7), bytes(range(256)))  # any symbol
LONG_TABLE = (bytes([0] + [1] * 7 + [0] * 7 + [249]), bytes(range(256)))  # most words have 16 bits
DEEP_DC_TABLE = (bytes([1] * 16), bytes(range(16)))  # differences of up to 15 bits


def segment(marker, content, length=None):
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2 if length is None else length) + content


def jfif():
    return segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")


def adobe(transform):
    return segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([transform]))


def quantization(number, table, wide=False):
    """A table of 64 values in zigzag order."""
    return segment(0xDB, bytes([number | 16 * wide]) + struct.pack(">64H" if wide else ">64B", *table))


def huffman(kind, number, table):
    """kind is 0 for DC, 1 for AC."""
    return segment(0xC4, bytes([16 * kind + number]) + table[0] + table[1])


def restart_interval(mcus):
    return segment(0xDD, struct.pack(">H", mcus))


@dataclass
class Component:
    id: int
    h: int
    v: int
    plane: np.ndarray = None  # [height, width], as large as the sampling factors say
    table: int = 0
    blocks: np.ndarray = None  # [rows, columns, 64] in zigzag order, up to whole MCUs


@dataclass
class Picture:
    """Components and what follows from their sizes."""

    width: int
    height: int
    components: list
    quantizers: list  # by number, in zigzag order
    unit: int = 8
    rows: int = field(init=False)
    columns: int = field(init=False)

    def __post_init__(self):
        self.h, self.v = max(c.h for c in self.components), max(c.v for c in self.components)
        self.columns, self.rows = -(-self.width // (self.h * self.unit)), -(-self.height // (self.v * self.unit))
        for c in self.components:
            if c.blocks is None and self.unit == 8:
                c.blocks = self.transformed(c)

    def size(self, c):
        """Of a component, in samples."""
        return -(-self.width * c.h // self.h), -(-self.height * c.v // self.v)

    def own_blocks(self, c):
        """Rows and columns of blocks without those that only fill up MCUs."""
        width, height = self.size(c)
        return -(-height // self.unit), -(-width // self.unit)

    def transformed(self, c):
        rows, columns = self.rows * c.v, self.columns * c.h
        plane = np.pad(c.plane, ((0, 8 * rows - c.plane.shape[0]), (0, 8 * columns - c.plane.shape[1])), "edge")
        grid = plane.astype(np.float64).reshape(rows, 8, columns, 8).transpose(0, 2, 1, 3) - 128
        flat = (BASIS @ grid @ BASIS.T).reshape(rows, columns, 64)[:, :, ZIGZAG]
        return np.round(flat / np.maximum(self.quantizers[c.table], 1)).astype(int)

    def frame(self, marker, precision=8, height=None):
        head = struct.pack(">BHHB", precision, self.height if height is None else height, self.width, len(self.components))
        return segment(marker, head + b"".join(bytes([c.id, c.h << 4 | c.v, c.table]) for c in self.components))

    def tables(self):
        return b"".join(quantization(i, q, max(q) > 255) for i, q in enumerate(self.quantizers))

    def mcus(self, indexes):
        """For each MCU of a scan its blocks, as (index in the scan, component, row, column)."""
        if len(indexes) == 1:
            c = self.components[indexes[0]]
            rows, columns = self.own_blocks(c)
            return [[(0, c, y, x)] for y in range(rows) for x in range(columns)]
        return [
            [
                (i, c, row * c.v + y, column * c.h + x)
                for i, c in enumerate(self.components[n] for n in indexes)
                for y in range(c.v)
                for x in range(c.h)
            ]
            for row in range(self.rows)
            for column in range(self.columns)
        ]

    def scan_header(self, indexes, start=0, end=63, high=0, low=0, dc=0, ac=0):
        chosen = b"".join(bytes([self.components[n].id, dc << 4 | ac]) for n in indexes)
        return segment(0xDA, bytes([len(indexes)]) + chosen + bytes([start, end, high << 4 | low]))


class HuffmanBits:
    """Collects bits; gives stuffed bytes, filled up with ones."""

    def __init__(self, dc=DC_TABLE, ac=FLAT_TABLE):
        self.words = [self.code(dc), self.code(ac)]
        self.bits = []

    @staticmethod
    def code(table):
        words, word, at = {}, 0, 0
        for length, count in enumerate(table[0], 1):
            for _ in range(count):
                words[table[1][at]] = (word, length)
                word, at = word + 1, at + 1
            word <<= 1
        return words

    def put(self, value, length):
        self.bits.append(format(value & (1 << length) - 1, f"0{length}b") if length else "")

    def symbol(self, kind, symbol):
        self.put(*self.words[kind][symbol])

    def value(self, value, size):
        self.put(value if value > 0 else value + (1 << size) - 1, size)

    def flush(self):
        text = "".join(self.bits)
        text += "1" * (-len(text) % 8)
        self.bits = []
        return bytes(int(text[i : i + 8], 2) for i in range(0, len(text), 8)).replace(b"\xff", b"\xff\0")


def toward_zero(value, low):
    return int(abs(value) >> low) * (1 if value > 0 else -1)


def split(mcus, interval):
    return [mcus[i : i + interval] for i in range(0, len(mcus), interval)] if interval else [mcus]


def joined(parts):
    """Restart intervals with their markers between them."""
    return b"".join(part + (b"" if i == len(parts) - 1 else bytes([0xFF, 0xD0 + i % 8])) for i, part in enumerate(parts))


def sequential_block(bits, block, before):
    difference = int(block[0]) - before
    size = abs(difference).bit_length()
    bits.symbol(0, size)
    bits.value(difference, size)
    run = 0
    for value in map(int, block[1:]):
        if value == 0:
            run += 1
            continue
        while run > 15:
            bits.symbol(1, 0xF0)
            run -= 16
        bits.symbol(1, run << 4 | abs(value).bit_length())
        bits.value(value, abs(value).bit_length())
        run = 0
    if run:
        bits.symbol(1, 0)


def sequential(picture, indexes, interval=0, dc=DC_TABLE, ac=FLAT_TABLE):
    """The data of a whole scan of some components."""
    parts = []
    for mcus in split(picture.mcus(indexes), interval):
        bits, before = HuffmanBits(dc, ac), [0] * len(indexes)
        for mcu in mcus:
            for i, c, y, x in mcu:
                sequential_block(bits, c.blocks[y, x], before[i])
                before[i] = int(c.blocks[y, x][0])
        parts.append(bits.flush())
    return joined(parts)


def progressive(picture, indexes, start, end, high=0, low=0, interval=0, dc=DC_TABLE, ac=FLAT_TABLE):
    """The data of one scan of a script."""
    parts = []
    for mcus in split(picture.mcus(indexes), interval):
        bits, before, empty = HuffmanBits(dc, ac), [0] * len(indexes), 0
        for i, c, y, x in (block for mcu in mcus for block in mcu):
            block = c.blocks[y, x]
            if start == 0 and high == 0:
                value = int(block[0]) >> low
                size = abs(value - before[i]).bit_length()
                bits.symbol(0, size)
                bits.value(value - before[i], size)
                before[i] = value
            elif start == 0:
                bits.put(int(block[0]) >> low & 1, 1)
            elif high == 0:
                empty = first_band(bits, block, start, end, low, empty)
            else:
                refined_band(bits, block, start, end, low)
        end_of_bands(bits, empty)
        parts.append(bits.flush())
    return joined(parts)


def end_of_bands(bits, count):
    if count:
        size = count.bit_length() - 1
        bits.symbol(1, size << 4)
        bits.put(count, size)


def first_band(bits, block, start, end, low, empty):
    """Returns how many blocks in a row have ended without a word for it."""
    run = 0
    for k in range(start, end + 1):
        value = toward_zero(block[k], low)
        if value == 0:
            run += 1
            continue
        end_of_bands(bits, empty)
        empty = 0
        while run > 15:
            bits.symbol(1, 0xF0)
            run -= 16
        bits.symbol(1, run << 4 | abs(value).bit_length())
        bits.value(value, abs(value).bit_length())
        run = 0
    if not run:
        return empty
    if empty + 1 == 0x7FFF:
        end_of_bands(bits, empty + 1)
        return 0
    return empty + 1


def refined_band(bits, block, start, end, low):
    sizes = {k: abs(int(block[k])) >> low for k in range(start, end + 1)}
    last = max((k for k in sizes if sizes[k] == 1), default=0)
    run, corrections = 0, []

    def flush():
        for bit in corrections:
            bits.put(bit, 1)
        corrections.clear()

    for k, size in sizes.items():
        if size == 0:
            run += 1
            continue
        while run > 15 and k <= last:
            bits.symbol(1, 0xF0)
            flush()
            run -= 16
        if size > 1:
            corrections.append(size & 1)
            continue
        bits.symbol(1, run << 4 | 1)
        bits.put(int(block[k] > 0), 1)
        flush()
        run = 0
    if run or corrections:
        bits.symbol(1, 0)
        flush()


def lossless(picture, indexes, predictor, shift=0, interval=0, table=None):
    """The data of a lossless scan; the components' planes are of whole MCUs. The table has symbols up to 16."""
    rows, columns = picture.rows, picture.columns
    parts = []
    for first in range(0, rows, interval or rows):
        bits = HuffmanBits(table or FLAT_TABLE)
        for row in range(first, min(rows, first + (interval or rows))):
            for column in range(columns):
                for n in indexes:
                    c = picture.components[n]
                    for y in range(row * c.v, (row + 1) * c.v):
                        for x in range(column * c.h, (column + 1) * c.h):
                            difference = lossless_difference(c.plane >> shift, y, x, first * c.v, predictor, shift)
                            size = 16 if difference == 32768 else abs(difference).bit_length()
                            bits.symbol(0, size)
                            if size < 16:
                                bits.value(difference, size)
        parts.append(bits.flush())
    return joined(parts)


def lossless_difference(plane, y, x, first, predictor, shift):
    here = int(plane[y, x])
    if y == first:
        return here - (int(plane[y, x - 1]) if x else 1 << (7 - shift))
    above = int(plane[y - 1, x])
    if x == 0:
        return here - above
    left, corner = int(plane[y, x - 1]), int(plane[y - 1, x - 1])
    return here - (
        left,
        above,
        corner,
        left + above - corner,
        left + (above - corner >> 1),
        above + (left - corner >> 1),
        left + above >> 1,
    )[predictor - 1]
