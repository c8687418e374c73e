"""Writes what transformers makes of tiny BERTs in shapes that MiniLM does not have.

    tiny_bert.py

Their weights are stored nowhere: both sides make them by one rule. The names of a model's tensors
are those of Hugging Face's BertModel, without a prefix and without `pooler.*`. In the byte order
of these names, each in row-major order, their elements consume one splitmix64 stream, that starts
from `state = seed` and gives for each element, modulo 2^64,

    state = state + 0x9E3779B97F4A7C15
    z = state
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB
    z = z ^ (z >> 31)
    n = Int(z >> 56) - 128                      which lies in -128 ... 127

The element is, by the name of its tensor,

    *LayerNorm.weight                           1 + (n >> 1) / 2^7, an arithmetic shift
    embeddings.word_embeddings.weight           n / 2^7
    other *.weight of encoder.*                 n / 2^matrix_shift, the model's own
    anything else                               n / 2^9

n has seven bits and a sign, and 1 + (n >> 1) / 2^7 lies between 1/2 and 3/2 in steps of 2^-7: all
of them are exact in BF16, with its 8 significant bits, and hence in F16 and F32. `matrix_shift`
grows with the width, to keep what a matrix makes of a vector about as large as the vector.

Each text is embedded alone, in float32; `ids` and `embeddings` are those of the model's prefix
and the text. `weights_sha256` is over all elements in the order above, as little-endian float32.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase, digits

import numpy
import torch
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling

from texts import FIXTURES, nfc, nfd

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
POSITIONS = 64

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = """
    the of in and to is on at with not cat dog house sea ship night old new man woman love war
    king queen train rain city river story film light keeper letter storm walk read one two query
""".split()
SUFFIXES = ["##ed", "##ing", "##er", "##ers", "##ly", "##al", "##ion", "##house"]
PUNCTUATION = [*".,:;!?'-()"]
CASED_ONLY = [*ascii_uppercase, "The", "Paris", "Rain", nfc("é"), "##" + nfc("é")]

TEXTS = [
    "",
    "the cat",
    "The dog is not in the house.",
    "the house is not in the dog.",
    "A keeper of the light reads one letter at night",
    "Rain, rain, rain!",
    nfc("Café in Paris"),
    nfd("Café in Paris"),
    "storm (old) and new: two ships; one sea?",
    "lighthouse keepers",
    "[MASK] and the king",
    "unknown 界 and \u2603",
    "walk " * 70 + "the end",
    "0123456789 42 7even",
    "x" * 101,
    "The queen of rivers walked with a man to the city of love",
    "Love and war: a story",
    "QUERY the FILM",
    "a b c d e f g h i j k l m n o p q r s t u v w x y z",
    "king",
    "queen",
    "trains at night, trains in the rain",
    "it's a dog's life - or not",
    "\ttabs and\nlines\u00a0and spaces",
    "the woman is old. the man is new. the dog is in the sea. the sea is in the city.",
]


@dataclass(frozen=True)
class Shape:
    """One model: its measures, its file format and how its texts become vectors."""

    name: str
    seed: int
    hidden: int
    heads: int
    layers: int
    intermediate: int
    pooling: str
    dtype: str
    matrix_shift: int
    cased: bool = False
    max_seq_length: int = POSITIONS
    prefix: str = ""
    layer_norm_eps: float = 1e-12
    token_types: int = 2
    texts: int = len(TEXTS)


SHAPES = [
    Shape("wide", 1, 1024, 16, 1, 96, "cls", "F32", 11, texts=14),
    Shape("odd heads", 2, 312, 12, 2, 130, "mean", "F32", 10, max_seq_length=40),
    Shape("half", 3, 60, 4, 3, 77, "mean", "F16", 8, prefix="query: ", layer_norm_eps=1e-3),
    Shape("brain", 4, 48, 3, 2, 64, "cls", "BF16", 8),
    Shape("cased", 5, 33, 1, 2, 40, "mean", "F32", 8, cased=True, token_types=1),
]


def vocabulary(cased: bool) -> list[str]:
    """Special tokens, single characters at the start of a word and within, and a few words."""
    letters = [*ascii_lowercase, *("##" + letter for letter in ascii_lowercase)]
    numbers = [*digits, *("##" + digit for digit in digits)]
    more = CASED_ONLY if cased else []
    tokens = [*SPECIAL, *letters, *numbers, *WORDS, *SUFFIXES, *PUNCTUATION, *more]
    assert len(set(tokens)) == len(tokens), "a token has one id"
    return tokens


def configuration(shape: Shape) -> dict[str, object]:
    """The model's config.json."""
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "vocab_size": len(vocabulary(shape.cased)),
        "hidden_size": shape.hidden,
        "num_attention_heads": shape.heads,
        "num_hidden_layers": shape.layers,
        "intermediate_size": shape.intermediate,
        "max_position_embeddings": POSITIONS,
        "type_vocab_size": shape.token_types,
        "layer_norm_eps": shape.layer_norm_eps,
        "hidden_act": "gelu",
        "position_embedding_type": "absolute",
        "pad_token_id": 0,
    }


def linear(name: str, rows: int, columns: int) -> dict[str, tuple[int, ...]]:
    """The tensors of a matrix with its bias."""
    return {f"{name}.weight": (rows, columns), f"{name}.bias": (rows,)}


def layer_norm(name: str, width: int) -> dict[str, tuple[int, ...]]:
    """The tensors of a LayerNorm."""
    return {f"{name}.LayerNorm.weight": (width,), f"{name}.LayerNorm.bias": (width,)}


def tensor_shapes(shape: Shape) -> dict[str, tuple[int, ...]]:
    """All tensors of the model with their shapes."""
    hidden, intermediate = shape.hidden, shape.intermediate
    tensors = {
        "embeddings.word_embeddings.weight": (len(vocabulary(shape.cased)), hidden),
        "embeddings.position_embeddings.weight": (POSITIONS, hidden),
        "embeddings.token_type_embeddings.weight": (shape.token_types, hidden),
        **layer_norm("embeddings", hidden),
    }
    for index in range(shape.layers):
        layer = f"encoder.layer.{index}"
        tensors |= {
            **linear(f"{layer}.attention.self.query", hidden, hidden),
            **linear(f"{layer}.attention.self.key", hidden, hidden),
            **linear(f"{layer}.attention.self.value", hidden, hidden),
            **linear(f"{layer}.attention.output.dense", hidden, hidden),
            **layer_norm(f"{layer}.attention.output", hidden),
            **linear(f"{layer}.intermediate.dense", intermediate, hidden),
            **linear(f"{layer}.output.dense", hidden, intermediate),
            **layer_norm(f"{layer}.output", hidden),
        }
    return tensors


def signed_bytes(seed: int, start: int, count: int) -> numpy.ndarray:
    """The numbers n of the stream's elements `start` to `start + count`."""
    steps = numpy.arange(start + 1, start + count + 1, dtype=numpy.uint64)
    z = numpy.uint64(seed) + steps * numpy.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    z = z ^ (z >> numpy.uint64(31))
    return (z >> numpy.uint64(56)).astype(numpy.int64) - 128


def scaled(name: str, n: numpy.ndarray, matrix_shift: int) -> numpy.ndarray:
    """The elements of one tensor, by the rule above."""
    if name.endswith("LayerNorm.weight"):
        return 1 + (n >> 1) / 2**7
    if name == "embeddings.word_embeddings.weight":
        return n / 2**7
    if name.startswith("encoder.") and name.endswith(".weight"):
        return n / 2**matrix_shift
    return n / 2**9


def weights(shape: Shape) -> Iterator[tuple[str, torch.Tensor]]:
    """The model's tensors, in float32 and in the order of the stream."""
    start = 0
    for name, dimensions in sorted(tensor_shapes(shape).items()):
        n = signed_bytes(shape.seed, start, int(numpy.prod(dimensions)))
        start += n.size
        elements = scaled(name, n, shape.matrix_shift).astype(numpy.float32)
        yield name, torch.from_numpy(elements.reshape(dimensions))


def in_file_format(shape: Shape, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors in the type of the model's file, which must not change any of them."""
    dtype = DTYPES[shape.dtype]
    for name, tensor in tensors.items():
        assert torch.equal(tensor.to(dtype).float(), tensor), f"{name} is not exact"
    return {name: tensor.to(dtype) for name, tensor in tensors.items()}


def write_model(shape: Shape, tensors: dict[str, torch.Tensor], folder: Path) -> None:
    """A folder as it is published: configuration, vocabulary and weights."""
    (folder / "config.json").write_text(json.dumps(configuration(shape)))
    (folder / "vocab.txt").write_text(
        "".join(token + "\n" for token in vocabulary(shape.cased)), "utf-8"
    )
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "BertTokenizer", "do_lower_case": not shape.cased})
    )
    save_file(in_file_format(shape, tensors), folder / "model.safetensors", {"format": "pt"})


def load_model(shape: Shape, folder: Path) -> SentenceTransformer:
    """The model computes in float32, whatever the type of its file; otherwise its own type is
    taken, and its roundings with it."""
    transformer = Transformer(
        str(folder),
        max_seq_length=shape.max_seq_length,
        model_kwargs={"dtype": torch.float32, "local_files_only": True},
    )
    pooling = Pooling(shape.hidden, pooling_mode=shape.pooling)
    return SentenceTransformer(modules=[transformer, pooling, Normalize()], device="cpu")


def rounded(vector: numpy.ndarray) -> list[float]:
    """Six significant digits: the next are beyond float32."""
    return [float(f"{element:.6g}") for element in vector]


def expectation(shape: Shape) -> dict[str, object]:
    """All that a test needs to make the model and to check it."""
    tensors = dict(weights(shape))
    with tempfile.TemporaryDirectory() as folder:
        write_model(shape, tensors, Path(folder))
        model = load_model(shape, Path(folder))
    texts = TEXTS[: shape.texts]
    ids = [model.preprocess([shape.prefix + text])["input_ids"][0].tolist() for text in texts]
    embeddings = model.encode(texts, prompt=shape.prefix, batch_size=1)
    hashed = hashlib.sha256()
    for tensor in tensors.values():
        hashed.update(tensor.numpy().astype("<f4").tobytes())
    return {
        "name": shape.name,
        "config": configuration(shape),
        "seed": shape.seed,
        "matrix_shift": shape.matrix_shift,
        "dtype": shape.dtype,
        "weights_sha256": hashed.hexdigest(),
        "pooling": shape.pooling,
        "do_lower_case": not shape.cased,
        "max_seq_length": shape.max_seq_length,
        "prefix": shape.prefix,
        "vocabulary": vocabulary(shape.cased),
        "texts": texts,
        "ids": ids,
        "embeddings": [rounded(vector) for vector in embeddings],
    }


def summary(model: dict[str, object]) -> str:
    """How lively the model is: texts of different words must be far apart."""
    distinct = numpy.unique(numpy.array(model["embeddings"]), axis=0)
    cosines = distinct @ distinct.T
    cosines = cosines[numpy.triu_indices(len(distinct), k=1)]
    return (
        f"{model['name']}: {len(distinct)} distinct vectors of {len(model['texts'])}, "
        f"cosine {cosines.min():.3f} ... {cosines.max():.3f}, mean {cosines.mean():.3f}"
    )


def main() -> None:
    torch.set_num_threads(1)
    models = [expectation(shape) for shape in SHAPES]
    path = FIXTURES / "tiny_bert.json"
    path.write_text(json.dumps({"models": models}, separators=(",", ":")) + "\n", "ascii")
    for model in models:
        print(summary(model))


if __name__ == "__main__":
    main()
