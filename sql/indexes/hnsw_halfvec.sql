-- hnsw_halfvec: the graph over copies of 16-bit floats, {operators} being halfvec_cosine_ops, …: half
-- the space and memory, up to 4,000 dimensions, and next to no recall lost. The column keeps its
-- 32-bit floats.
-- Only a query with the same expression is served: it orders by {column}::halfvec({dimensions}) to find
-- candidates, and then by the vectors themselves.
CREATE INDEX CONCURRENTLY {index} ON {table}
USING hnsw (({column}::halfvec({dimensions})) {operators})
WITH (m = 16, ef_construction = 64);
