"""The recall of each index, computed again: recall.py TABLE COLUMN < what explain --compare-indexes printed as JSON.

Cosine, with 64-bit floats; DATABASE_URL says where the vectors stand. Exits 1 where a figure differs.
"""

import json
import os
import sys

import numpy
import psycopg
from pgvector.psycopg import register_vector

table, column = sys.argv[1:]
text = sys.stdin.read()
if not text.strip():
    sys.exit("check-recall: there is no comparison to compute again")
comparison = json.loads(text)
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    register_vector(connection)
    (key,) = connection.execute(
        "SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0] "
        "WHERE indisprimary AND indrelid = %s::regclass", [table]).fetchone()
    if not connection.execute("SELECT true FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s",
                              [table, column]).fetchone():
        column = f"embedding_{column}"
    rows = connection.execute(
        f'SELECT "{key}"::text, "{column}" FROM {table} WHERE "{column}" IS NOT NULL').fetchall()
places = {name: place for place, (name, _) in enumerate(rows)}
vectors = numpy.array([vector.to_numpy() if hasattr(vector, "to_numpy") else vector
                       for _, vector in rows], dtype=numpy.float64)
vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)

held_out = [places[probe] for probe in comparison["probes"]]
wanted = []
for probe in comparison["probes"]:
    likeness = vectors @ vectors[places[probe]]
    likeness[held_out] = -numpy.inf
    # Of rows at one distance, up to what 32 bits tell apart, either is right.
    last = numpy.sort(likeness)[-comparison["limit"]]
    wanted.append({name for name, place in places.items() if likeness[place] >= last - 1e-7})

differs = False
for index in comparison["indexes"]:
    if index["refusal"]:
        continue
    shares = [min(1, len(right.intersection(answer)) / comparison["limit"])
              for right, answer in zip(wanted, index["answers"])]
    recall = float(numpy.mean(shares))
    agrees = abs(recall - index["recall"]) < 0.0015
    differs = differs or not agrees
    print(f"{index['variant']:13} NumPy {recall:.4f}  dbtool {index['recall']:.4f}  "
          f"{'the same' if agrees else 'DIFFERS'}")
sys.exit(differs)
