"""Writes which shows sentence-transformers and NumPy recommend to customers of the real data.

    recommend.py MODEL_FOLDER DVDRENTAL_TAR NETFLIX_CSV [--pg-restore PROGRAM]

`recommend_minilm.json`: for some customers, the ten shows whose descriptions are nearest (cosine
distance) to the mean of the descriptions of the distinct films that the customer rented, every
vector being normalised. Only ids and distances are kept, since the texts are not ours.

No server is needed: `pg_restore` writes the archive's tables as the text of COPY.
"""

import argparse
import csv
import json
import re
import subprocess
from pathlib import Path

import numpy

from minilm import load_model

FIXTURES = Path(__file__).parent.parent / "IntegrationTests" / "Fixtures"
CUSTOMERS = [1, 5, 7, 42, 599]
SHOWS = 10

ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def unescaped(field: str) -> str | None:
    """A field of COPY's text format."""
    if field == r"\N":
        return None
    return re.sub(r"\\(.)", lambda match: ESCAPES.get(match[1], match[1]), field)


def table(archive: Path, name: str, pg_restore: str) -> list[dict[str, str | None]]:
    """The rows of a table of the archive."""
    command = [pg_restore, "-f", "-", "--data-only", "-t", name, str(archive)]
    text = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    head, _, rest = text.partition(f"\nCOPY public.{name} (")[2].partition(") FROM stdin;\n")
    columns = head.split(", ")
    lines = rest.partition("\n\\.\n")[0].split("\n")
    return [dict(zip(columns, map(unescaped, line.split("\t")), strict=True)) for line in lines]


def rented_films(archive: Path, pg_restore: str) -> dict[int, set[int]]:
    """The distinct films of each customer; what is rented is a copy of a film."""
    films = {
        row["inventory_id"]: int(row["film_id"]) for row in table(archive, "inventory", pg_restore)
    }
    rented: dict[int, set[int]] = {}
    for row in table(archive, "rental", pg_restore):
        rented.setdefault(int(row["customer_id"]), set()).add(films[row["inventory_id"]])
    return rented


def descriptions(path: Path) -> dict[str, str]:
    """The description of each show."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["show_id"]: row["description"] for row in csv.DictReader(file)}


def embed(model, texts: list[str]) -> numpy.ndarray:
    """Unit vectors in double precision; equal texts get equal ones, whatever batch they are in."""
    distinct, places = numpy.unique(numpy.array(texts, dtype=object), return_inverse=True)
    vectors = model.encode(list(distinct), batch_size=32, show_progress_bar=False).astype(float)
    return (vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True))[places]


def nearest(profile: numpy.ndarray, ids: list[str], shows: numpy.ndarray) -> list[tuple[float, str]]:
    """One show more than are kept, by distance and then by id, as the statement orders them."""
    distances = 1 - shows @ (profile / numpy.linalg.norm(profile))
    return sorted(zip(distances.tolist(), ids))[: SHOWS + 1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="the folder of all-MiniLM-L6-v2")
    parser.add_argument("dvdrental", type=Path, help="dvdrental.tar")
    parser.add_argument("netflix", type=Path, help="netflix_titles.csv")
    parser.add_argument("--pg-restore", default="pg_restore", help="the program")
    arguments = parser.parse_args()

    model = load_model(arguments.model)
    rented = rented_films(arguments.dvdrental, arguments.pg_restore)
    films = table(arguments.dvdrental, "film", arguments.pg_restore)
    places = {int(row["film_id"]): place for place, row in enumerate(films)}
    film_vectors = embed(model, [row["description"] for row in films])
    shows = descriptions(arguments.netflix)
    show_vectors = embed(model, list(shows.values()))

    customers = []
    for customer in CUSTOMERS:
        profile = film_vectors[[places[film] for film in sorted(rented[customer])]].mean(axis=0)
        found = nearest(profile, list(shows), show_vectors)
        gaps = numpy.diff([distance for distance, _ in found])
        print(f"customer {customer}: {len(rented[customer])} films, gaps >= {gaps.min():.1e}")
        rows = [{"id": show, "distance": round(distance, 6)} for distance, show in found[:SHOWS]]
        customers.append({"customer": customer, "films": len(rented[customer]), "shows": rows})

    path = FIXTURES / "recommend_minilm.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"customers": customers}, indent=1) + "\n", "ascii")


if __name__ == "__main__":
    main()
