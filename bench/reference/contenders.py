"""Contenders in turn: processes that have loaded the same checkpoint, sleep until a line asks them, and are timed
while all others sleep. For bench/compare and bench/compare-requests; the standard library alone."""

import array
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
REFERENCE = BENCH / "reference"
DTYPES = ("f32", "bf16", "int8")
# Of one processor, while other contenders are measured; and processor time that is too little to judge by.
MOST_IDLE_SHARE, NEGLIGIBLE_SECONDS = 0.03, 0.5
# Lets a contender's threads fall asleep after its answer, and its compiler threads finish.
SETTLE_SECONDS = 0.2


class Failure(Exception):
    """Why there is no table."""


class Contender:
    """A worker process: a line is asked, a line is the answer. Its first line says that it is ready, and what it is."""

    def __init__(self, name, command):
        self.name = name
        self.idle_cpu, self.idle_wall = 0.0, 0.0
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        print(f"{name}: {self.read().removeprefix('ready ')}", flush=True)

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failure(f"{self.name}: the process ended, code {self.process.wait()}")
        return line.rstrip("\n")

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.read()

    def cpu_seconds(self):
        """Processor time of all its threads so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def measure(contender, line, everyone):
    """The contender's answer to a line; what the others do meanwhile is booked as work at rest."""
    resting = [other for other in everyone if other is not contender]
    time.sleep(SETTLE_SECONDS)
    before, start = [other.cpu_seconds() for other in resting], time.perf_counter()
    answer = contender.ask(line)
    wall = time.perf_counter() - start
    for other, cpu in zip(resting, before):
        other.idle_cpu += other.cpu_seconds() - cpu
        other.idle_wall += wall
    return answer


def check_rest(everyone):
    """Refuses a run in which somebody worked who should have slept."""
    measured = [contender for contender in everyone if contender.idle_wall]
    print("at rest, of a processor: " + ", ".join(f"{c.name} {c.idle_cpu / c.idle_wall:.2%}" for c in measured))
    busy = [c.name for c in measured if c.idle_cpu > max(NEGLIGIBLE_SECONDS, MOST_IDLE_SHARE * c.idle_wall)]
    if busy:
        raise Failure(f"{', '.join(busy)} worked while others were measured")


def floats(file):
    """The float32 values of a file, little-endian."""
    data = array.array("f")
    data.frombytes(file.read_bytes())
    if sys.byteorder == "big":
        data.byteswap()
    return data


def cosine(a, b):
    if len(a) != len(b):
        raise Failure(f"outputs of {len(a)} and {len(b)} values")

    def dot(x, y):
        return math.fsum(map(float.__mul__, x, y))

    return dot(a, b) / math.sqrt(dot(a, a) * dot(b, b))


def ratio_cell(theirs, mine):
    """How many times as fast: the median of the rounds' ratios of seconds, with the least and the most."""
    ratios = [their / my for their, my in zip(theirs, mine)]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def print_table(options, head, rows):
    print(f"\n{options.threads} threads each, {options.rounds} rounds in turn; load average "
          f"{os.getloadavg()[0]:.1f}. Ratios: median (least to most) of the rounds' ratios.\n")
    for cells in (head, ["---", *["---:"] * (len(head) - 1)], *rows):
        print("| " + " | ".join(cells) + " |")


def add_options(parser, rounds):
    """What every comparison is told."""
    parser.add_argument("--model", type=Path, required=True, help="checkpoint directory")
    parser.add_argument("--python", default=sys.executable, help="a Python with PyTorch and transformers")
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of each contender")
    parser.add_argument("--backend", default="cpu", help="vl4j's")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"), help="PyTorch's")
    parser.add_argument("--dtypes", default="bf16,int8", help="vl4j's operands: " + ", ".join(DTYPES))


def listed(parser, option, value, known):
    """The names of a comma-separated option."""
    names = value.split(",")
    for name in names:
        if name not in known:
            parser.error(f"{option}: expected some of {', '.join(known)}, found {name!r}")
    if len(set(names)) != len(names):
        parser.error(f"{option}: a name twice in {value!r}")
    return names


def parse(parser):
    options = parser.parse_args()
    options.dtypes = listed(parser, "--dtypes", options.dtypes, DTYPES)
    if options.rounds < 1 or options.threads < 1:
        parser.error("--rounds and --threads must be at least 1")
    return options


def in_turn(ours, theirs):
    """An order for a round: PyTorch right after the first of vl4j and right before the others."""
    return [*ours[:1], *theirs, *ours[1:]]


def main(program, options, run):
    """Calls `run(options, folder, start)`, with a folder for files and a starter of contenders; stops them all."""
    started = []

    def start(name, *command):
        started.append(Contender(name, command))
        return started[-1]

    try:
        with tempfile.TemporaryDirectory() as folder:
            run(options, Path(folder), start)
    except (Failure, OSError) as failure:
        sys.exit(f"{program}: {failure}")
    finally:
        for contender in started:
            contender.stop()
