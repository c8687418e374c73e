"""Texts to vectors with all-MiniLM-L6-v2: dbtool in process, against sentence-transformers."""

import csv
import json
import os
import pathlib
import random

import numpy

from paired import Goal, compare, measure, outcome
from processes import Worker

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / ".tools" / "models" / "all-MiniLM-L6-v2"
PYTHON = ROOT / ".tools" / "encoder-venv" / "bin" / "python"
TEXTS = 2_000
BATCH = 32
# What DBTOOL_SIMD calls a level: its name, and how many times as fast dbtool has to be with it.
# sentence-transformers runs as it comes, on AVX-512 where the machine has that.
LEVELS = {"avx512": ("AVX-512", 2.5), "avx2": ("AVX2", 1.5)}
FLAGS = {"avx512": {"avx512f", "avx512dq", "avx512vl"}, "avx2": {"avx2", "fma"}}
# Rounding, added up in another order, turns a vector by some 1e-7.
COSINE = 0.99999

ALONE = "A retired lighthouse keeper receives letters from a ship that sank forty years ago."
ALONE_SCRIPT = """
import json, sys
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[1], device="cpu", local_files_only=True)
print(json.dumps({"embedding": model.encode(sys.argv[2]).tolist()}))
"""


def run(bench):
    for path, remedy in [(MODEL, "make setup fetches it"), (PYTHON, "scripts/bench makes it")]:
        if not path.exists():
            raise SystemExit(f"bench: {path.relative_to(ROOT)} is missing; {remedy}")
    levels = available()
    bench.migrated("encoding")  # with the registry, which knows the encoder by its name
    texts = bench.scratch / "texts"
    texts.write_text("".join(text + "\n" for text in descriptions(bench)), encoding="utf-8")
    for threads in [1, 2]:
        yield from throughput(bench, levels, texts, threads)
    yield alone(bench, levels[0])


def throughput(bench, levels, texts, threads):
    """One warm process of theirs, a new process of ours in each round; then the peaks of both."""
    reference, finished = bench.scratch / "reference.npy", bench.scratch / f"worker-{threads}"
    worker = Worker(bench.program("Spawn"), finished, PYTHON,
                    pathlib.Path(__file__).with_name("sentence_worker.py"),
                    MODEL, texts, threads, reference)
    vectors = numpy.load(reference)
    peaks = {level: [] for level in levels}

    def embed(level):
        def once(_):
            done = dbtool(bench, level, "--text-file", texts, "--workers", threads,
                          "--batch-size", BATCH)
            peaks[level].append(done.peak)
            check(done.output, vectors)
            return done.seconds, str(TEXTS)
        return once

    theirs = "sentence-transformers"
    sides = {level: embed(level) for level in levels} | {theirs: lambda _: worker.run()}
    many = "1 thread" if threads == 1 else f"{threads} threads"
    rounds = bench.rounds(15)
    try:
        times = measure(f"texts, {many}", sides, rounds)
    finally:
        worker.close()
    compares = f"dbtool embed --text-file, a new process; a warm {theirs}; batches of {BATCH}"
    for level in levels:
        name, factor = LEVELS[level]
        yield outcome(f"texts, {many}, {name}", compares, Goal("at least", factor), times[level],
                      times[theirs], "texts/s", TEXTS)
    ours = [peak / 1024 for peak in peaks[levels[0]][-rounds:]]
    peak = int(finished.read_text().split()[1]) / 1024
    yield outcome(f"memory, {many}", f"peak memory of both with {TEXTS:,} texts",
                  Goal("at most", 1 / 3), ours, [peak] * rounds, "MiB")


def alone(bench, level):
    def ours():
        return dbtool(bench, level, f"--text={ALONE}")

    def theirs():
        return bench.spawn([PYTHON, "-c", ALONE_SCRIPT, MODEL, ALONE], "encoding")

    check(ours().output, parse(theirs().output))
    return compare(
        "one text", "a whole dbtool process; a Python process that imports, loads and encodes",
        lambda _: (ours().seconds, None), lambda _: (theirs().seconds, None),
        Goal("at most", 0.1), bench.rounds(15), "ms")


def dbtool(bench, level, *options):
    """Runs `embed` in this checkout, whose model it finds."""
    command = ["env", f"DBTOOL_SIMD={level}", bench.dbtool, "embed", "--encoder", "minilm"]
    return bench.spawn([*command, *options], "encoding", folder=ROOT)


def available():
    """The levels that this machine has, widest first."""
    flags = set(pathlib.Path("/proc/cpuinfo").read_text().split())
    levels = [level for level in LEVELS if FLAGS[level] <= flags]
    if not levels:
        raise SystemExit("bench: encoding: there are goals for AVX-512 and AVX2, not for this CPU")
    return levels


def parse(output):
    return numpy.array([json.loads(line)["embedding"] for line in output.splitlines()])


def check(output, theirs):
    """Both sides give the same vectors, but for rounding."""
    ours = parse(output)
    if ours.shape != theirs.shape:
        raise SystemExit(f"bench: encoding: ours have shape {ours.shape}, theirs {theirs.shape}")
    lengths = numpy.linalg.norm(ours, axis=1) * numpy.linalg.norm(theirs, axis=1)
    least = ((ours * theirs).sum(axis=1) / lengths).min()
    if not least >= COSINE:
        raise SystemExit(f"bench: encoding: a cosine of {least} between our vector and theirs")


def descriptions(bench):
    """Those of the public data where DBTOOL_REAL_DATA says that they are, else invented ones."""
    if real := os.environ.get("DBTOOL_REAL_DATA"):
        path = pathlib.Path(real) / "netflix_titles.csv"
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))[:TEXTS]
        return [" ".join(row["description"].split()) for row in rows]
    bench.say("invented texts; DBTOOL_REAL_DATA may name a folder with the public files")
    return invented()


def invented():
    """Words of the model's vocabulary, each one token, and as many of them as descriptions have.

    Those have 32.0 tokens in the mean, [CLS], [SEP] and the full stop included, with a standard
    deviation of 3.9, between 15 and 66.
    """
    chance = random.Random(6)
    vocabulary = (MODEL / "vocab.txt").read_text(encoding="utf-8").splitlines()
    words = [word for word in vocabulary if word.isascii() and word.isalpha()]
    lengths = [min(max(round(chance.gauss(32, 3.9)), 15), 66) for _ in range(TEXTS)]
    return [" ".join(chance.choices(words, k=length - 3)).capitalize() + "." for length in lengths]
