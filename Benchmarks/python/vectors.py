"""Vectors like those of texts: clusters on the unit sphere, the same in every run."""

import numpy

DIMENSION = 384


def clustered(count, seed):
    """`count` unit vectors around 200 centres; a seed of its own gives others of the same kind."""
    centres = numpy.random.default_rng(1).standard_normal((200, DIMENSION), dtype=numpy.float32)
    chance = numpy.random.default_rng(seed)
    noise = chance.standard_normal((count, DIMENSION), dtype=numpy.float32)
    points = centres[chance.integers(0, len(centres), count)] + noise
    return points / numpy.linalg.norm(points, axis=1, keepdims=True)


def store(connection, table, vectors):
    """Makes a table of id and embedding, and fills it."""
    from pgvector.psycopg import register_vector

    connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    register_vector(connection)
    connection.execute(f"CREATE TABLE {table} (id integer, embedding vector({DIMENSION}))")
    with connection.cursor().copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(["int4", "vector"])
        for row in enumerate(vectors):
            copy.write_row(row)
