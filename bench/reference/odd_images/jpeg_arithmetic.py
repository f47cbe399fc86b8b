"""The arithmetic coder of JPEG (ITU-T T.81, annexes D, F.1.4 and G.1.3), as an encoder."""

from jpeg_writer import joined, split, toward_zero

# Table D.3: the probability of the less probable symbol, the states after it and after the other, and
# whether the two are exchanged. The last state has an even chance for ever.
STATES = [
    tuple(int(part, 16 if i == 0 else 10) for i, part in enumerate(state.split(",")))
    for state in (
        "5a1d,1,1,1 2586,14,2,0 1114,16,3,0 080b,18,4,0 03d8,20,5,0 01da,23,6,0 00e5,25,7,0 006f,28,8,0 "
        "0036,30,9,0 001a,33,10,0 000d,35,11,0 0006,9,12,0 0003,10,13,0 0001,12,13,0 5a7f,15,15,1 3f25,36,16,0 "
        "2cf2,38,17,0 207c,39,18,0 17b9,40,19,0 1182,42,20,0 0cef,43,21,0 09a1,45,22,0 072f,46,23,0 055c,48,24,0 "
        "0406,49,25,0 0303,51,26,0 0240,52,27,0 01b1,54,28,0 0144,56,29,0 00f5,57,30,0 00b7,59,31,0 008a,60,32,0 "
        "0068,62,33,0 004e,63,34,0 003b,32,35,0 002c,33,9,0 5ae1,37,37,1 484c,64,38,0 3a0d,65,39,0 2ef1,67,40,0 "
        "261f,68,41,0 1f33,69,42,0 19a8,70,43,0 1518,72,44,0 1177,73,45,0 0e74,74,46,0 0bfb,75,47,0 09f8,77,48,0 "
        "0861,78,49,0 0706,79,50,0 05cd,48,51,0 04de,50,52,0 040f,50,53,0 0363,51,54,0 02d4,52,55,0 025c,53,56,0 "
        "01f8,54,57,0 01a4,55,58,0 0160,56,59,0 0125,57,60,0 00f6,58,61,0 00cb,59,62,0 00ab,61,63,0 008f,61,32,0 "
        "5b12,65,65,1 4d04,80,66,0 412c,81,67,0 37d8,82,68,0 2fe8,83,69,0 293c,84,70,0 2379,86,71,0 1edf,87,72,0 "
        "1aa9,87,73,0 174e,72,74,0 1424,72,75,0 119c,74,76,0 0f6b,74,77,0 0d51,75,78,0 0bb6,77,79,0 0a40,77,48,0 "
        "5832,80,81,1 4d1c,88,82,0 438e,89,83,0 3bdd,90,84,0 34ee,91,85,0 2eae,92,86,0 299a,93,87,0 2516,86,71,0 "
        "5570,88,89,1 4ca9,95,90,0 44d9,96,91,0 3e22,97,92,0 3824,99,93,0 32b4,99,94,0 2e17,93,86,0 56a8,95,96,1 "
        "4f46,101,97,0 47e5,102,98,0 41cf,103,99,0 3c3d,104,100,0 375e,99,93,0 5231,105,102,0 4c0f,106,103,0 "
        "4639,107,104,0 415e,103,99,0 5627,105,106,1 50e7,108,107,0 4b85,109,103,0 5597,110,109,0 504f,111,107,0 "
        "5a10,110,111,1 5522,112,109,0 59eb,112,111,1 5a1d,113,113,0"
    ).split()
]
FIXED = "fixed"


class Interval:
    """One restart interval: the code as one long number, and the statistics."""

    def __init__(self, components, lower=0, upper=1, threshold=5):
        self.low, self.range, self.bits = 0, 0x10000, 16
        self.states = {FIXED: (113, 0)}
        self.before, self.context = [0] * components, [0] * components
        self.lower, self.upper, self.threshold = lower, upper, threshold

    def decide(self, key, bit):
        bit = int(bit)
        state, probable = self.states.get(key, (0, 0))
        less, after_less, after_more, switch = STATES[state]
        self.range -= less
        if bit != probable:
            if self.range >= less:
                self.low += self.range
                self.range = less
            self.states[key] = (after_less, probable ^ switch)
        elif self.range < 0x8000:
            if self.range < less:
                self.low += self.range
                self.range = less
            self.states[key] = (after_more, probable)
        while self.range < 0x8000:
            self.low, self.range, self.bits = self.low << 1, self.range << 1, self.bits + 1

    def flush(self):
        """The shortest number within the interval; zeros at its end are left out."""
        for zeros in range(self.bits, -1, -1):
            value = (self.low + (1 << zeros) - 1) >> zeros << zeros
            if value < self.low + self.range:
                break
        value <<= -self.bits % 8
        data = value.to_bytes(-(-self.bits // 8) + 1, "big")[1:]
        return data.rstrip(b"\0").replace(b"\xff", b"\xff\0")

    def magnitude(self, kind, bin, size, high):
        """The bits of size - 1: how many there are from bin on, then all but the first."""
        rest = size - 1
        highest = 1
        self.decide((kind, bin), rest > 0)
        if not rest:
            return
        if kind == "ac":
            self.decide((kind, bin), rest > 1)
            if rest == 1:
                return
            highest = 2
        bin = high
        while rest >= highest << 1:
            self.decide((kind, bin), 1)
            highest <<= 1
            bin += 1
        self.decide((kind, bin), 0)
        while highest > 1:
            highest >>= 1
            self.decide((kind, bin + 14), rest & highest)

    def dc(self, component, value):
        difference = value - self.before[component]
        self.before[component] = value
        bin = self.context[component]
        self.decide(("dc", bin), difference != 0)
        if not difference:
            self.context[component] = 0
            return
        negative, size = difference < 0, abs(difference)
        self.decide(("dc", bin + 1), negative)
        self.magnitude("dc", bin + 2 + negative, size, 20)
        highest = 1 << ((size - 1).bit_length() - 1) if size > 1 else 0
        if highest < (1 << self.lower) >> 1:
            self.context[component] = 0
        else:
            self.context[component] = (12 if highest > (1 << self.upper) >> 1 else 4) + 4 * negative

    def band(self, block, start, end, low):
        values = {k: toward_zero(block[k], low) for k in range(start, end + 1)}
        last = max((k for k in values if values[k]), default=start - 1)
        k = start
        while k <= last:
            self.decide(("ac", 3 * (k - 1)), 0)
            while not values[k]:
                self.decide(("ac", 3 * (k - 1) + 1), 0)
                k += 1
            self.decide(("ac", 3 * (k - 1) + 1), 1)
            self.decide(FIXED, values[k] < 0)
            self.magnitude("ac", 3 * (k - 1) + 2, abs(values[k]), 189 if k <= self.threshold else 217)
            k += 1
        if k <= end:
            self.decide(("ac", 3 * (k - 1)), 1)

    def refined_band(self, block, start, end, low):
        sizes = {k: abs(int(block[k])) >> low for k in range(start, end + 1)}
        last = max((k for k in sizes if sizes[k]), default=start - 1)
        before = max((k for k in sizes if sizes[k] > 1), default=0)
        k = start
        while k <= last:
            if k > before:
                self.decide(("ac", 3 * (k - 1)), 0)
            while not sizes[k]:
                self.decide(("ac", 3 * (k - 1) + 1), 0)
                k += 1
            if sizes[k] > 1:
                self.decide(("ac", 3 * (k - 1) + 2), sizes[k] & 1)
            else:
                self.decide(("ac", 3 * (k - 1) + 1), 1)
                self.decide(FIXED, block[k] < 0)
            k += 1
        if k <= end and k > before:
            self.decide(("ac", 3 * (k - 1)), 1)


def arithmetic(picture, indexes, start=0, end=63, high=0, low=0, interval=0, progressive=False, **conditioning):
    """The data of one scan."""
    parts = []
    for mcus in split(picture.mcus(indexes), interval):
        coder = Interval(len(indexes), **conditioning)
        for i, c, y, x in (block for mcu in mcus for block in mcu):
            block = c.blocks[y, x]
            if not progressive:
                coder.dc(i, int(block[0]))
                coder.band(block, 1, 63, 0)
            elif start == 0 and high == 0:
                coder.dc(i, int(block[0]) >> low)
            elif start == 0:
                coder.decide(FIXED, int(block[0]) >> low & 1)
            elif high == 0:
                coder.band(block, start, end, low)
            else:
                coder.refined_band(block, start, end, low)
        parts.append(coder.flush())
    return joined(parts)
