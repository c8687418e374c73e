"""A worker: encodes texts with sentence-transformers, on each line of stdin.

    sentence_worker.py MODEL_FOLDER TEXTS THREADS VECTORS

TEXTS holds one text per line. Before it is ready it has encoded them once, and written the vectors
to VECTORS for the other side to be compared with.
"""

import os
import sys

MODEL, TEXTS, THREADS, VECTORS = sys.argv[1:]
# Before the imports, which read them: all pools of threads that the libraries bring.
for pool in ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"]:
    os.environ[pool] = THREADS
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"

import numpy
import torch
from sentence_transformers import SentenceTransformer


def main():
    torch.set_num_threads(int(THREADS))
    model = SentenceTransformer(MODEL, device="cpu", local_files_only=True)
    with open(TEXTS, encoding="utf-8", newline="\n") as file:
        texts = [line.removesuffix("\n") for line in file]

    def encode():
        return model.encode(texts, batch_size=32, show_progress_bar=False)

    numpy.save(VECTORS, encode())
    print("ready", flush=True)
    for _ in sys.stdin:
        print(len(encode()), flush=True)


main()
