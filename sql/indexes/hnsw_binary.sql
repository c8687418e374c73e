-- hnsw_binary: the graph over one bit per dimension, its sign, compared by Hamming distance: a fifth
-- of the space, up to 64,000 dimensions. Signs tell the angle between vectors, roughly: it serves
-- cosine well, and any metric on vectors of one length.
-- Of the signs alone most neighbours would be missed. So a query takes a few hundred candidates by
-- binary_quantize({column})::bit({dimensions}) <~> …, and ranks these again by the vectors themselves.
CREATE INDEX CONCURRENTLY {index} ON {table}
USING hnsw ((binary_quantize({column})::bit({dimensions})) bit_hamming_ops)
WITH (m = 16, ef_construction = 64);
