"""A worker: loads vectors as the documentation of pgvector-python does it, on each line of stdin."""

import sys

import numpy
import psycopg
from pgvector.psycopg import register_vector


def load(connection, vectors):
    copy_sql = "COPY item (id, embedding) FROM STDIN WITH (FORMAT BINARY)"
    with connection.cursor() as cursor:
        with cursor.copy(copy_sql) as copy:
            copy.set_types(["int4", "vector"])
            for index, vector in enumerate(vectors):
                copy.write_row((index, vector))
        return cursor.rowcount


def main(uri, path, dimension):
    vectors = list(numpy.fromfile(path, dtype=numpy.float32).reshape(-1, int(dimension)))
    with psycopg.connect(uri, autocommit=True) as connection:
        register_vector(connection)
        print("ready", flush=True)
        for _ in sys.stdin:
            print(load(connection, vectors), flush=True)


main(*sys.argv[1:])
