"""Writes what sentence-transformers makes of the texts with the all-MiniLM-L6-v2 weights.

    minilm.py MODEL_FOLDER NETFLIX_CSV

- `minilm.npy`: the embeddings, float16 [texts, 384], each normalised by the model.
- `minilm_ids.jsonl`: the token ids of each text as the model gets them, [CLS] and [SEP] included,
  cut at 256.
- `netflix_tokens.json`: the token ids of real descriptions, of which only a hash is kept, since
  the texts are not ours. It is SHA-256 over, for each row of the CSV in its order, the ids of the
  column `description` (again with [CLS] and [SEP]) as decimal numbers, joined by one space and
  ended by one "\\n".
"""

import argparse
import csv
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import numpy
import torch
from sentence_transformers import SentenceTransformer

from texts import FIXTURES, load_texts


def load_model(folder: Path) -> SentenceTransformer:
    """The model on one thread, whose sums are the same in every run."""
    torch.set_num_threads(1)
    return SentenceTransformer(
        str(folder), device="cpu", local_files_only=True, model_kwargs={"dtype": torch.float32}
    )


def token_ids(model: SentenceTransformer, text: str) -> list[int]:
    """The ids of one text, tokenized alone and hence without padding."""
    features = model.preprocess([text])
    assert features["attention_mask"].all(), "a text alone is not padded"
    return features["input_ids"][0].tolist()


def embed(model: SentenceTransformer, texts: list[str], batch: int) -> numpy.ndarray:
    """The embeddings of the texts, one row each."""
    return model.encode(texts, batch_size=batch, show_progress_bar=False)


def save_embeddings(path: Path, embeddings: numpy.ndarray) -> None:
    """Half precision is enough: rounding turns a vector by less than the encoders differ."""
    numpy.save(path, numpy.ascontiguousarray(embeddings, dtype="<f2"))


def save_ids(path: Path, ids: Iterable[list[int]]) -> None:
    """One JSON array per line."""
    path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in ids))


def descriptions(path: Path) -> list[str]:
    """The column of the CSV, in its order."""
    with path.open(encoding="utf-8", newline="") as file:
        return [row["description"] for row in csv.DictReader(file)]


def token_summary(ids: list[list[int]]) -> dict[str, int | str]:
    """What can be published about the tokens of texts that are not ours."""
    hashed = hashlib.sha256()
    for line in ids:
        hashed.update((" ".join(map(str, line)) + "\n").encode("ascii"))
    return {
        "descriptions": len(ids),
        "tokens": sum(map(len, ids)),
        "sha256": hashed.hexdigest(),
    }


def difference(left: numpy.ndarray, right: numpy.ndarray) -> str:
    """How far the rows of two runs are apart, computed in double precision."""
    left, right = left.astype(float), right.astype(float)
    norms = numpy.linalg.norm(left, axis=1) * numpy.linalg.norm(right, axis=1)
    cosines = (left * right).sum(axis=1) / norms
    return f"1 - cosine <= {1 - cosines.min():.1e}, elements <= {abs(left - right).max():.1e}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="the folder of all-MiniLM-L6-v2")
    parser.add_argument("netflix", type=Path, help="netflix_titles.csv")
    arguments = parser.parse_args()

    model = load_model(arguments.model)
    texts = load_texts()
    alone = embed(model, texts, batch=1)
    save_embeddings(FIXTURES / "minilm.npy", alone)
    save_ids(FIXTURES / "minilm_ids.jsonl", [token_ids(model, text) for text in texts])
    real = token_summary([token_ids(model, text) for text in descriptions(arguments.netflix)])
    (FIXTURES / "netflix_tokens.json").write_text(json.dumps(real, indent=2) + "\n")

    stored = numpy.load(FIXTURES / "minilm.npy")
    print(f"{len(texts)} texts, {real['descriptions']} descriptions of {real['tokens']} tokens")
    print(f"stored as float16: {difference(alone, stored)}")
    print(f"in batches of 32: {difference(alone, embed(model, texts, batch=32))}")


if __name__ == "__main__":
    main()
