-- hnsw: a navigable graph over the vectors as they are, for one distance, whose operator the queries
-- must use: {operators} is vector_cosine_ops and <=>, vector_l2_ops and <->, …, or halfvec_… on a
-- column of that type. The first choice: best recall for its speed, up to 2,000 dimensions (halfvec
-- 4,000). It has to fit maintenance_work_mem while it is built, at about 4 * dimensions + 700 bytes a
-- row, or the build slows down several times over.
-- Build it when the rows are there: every UPDATE of a row, of whatever column, inserts the row anew
-- into the graph.
-- CONCURRENTLY runs outside a transaction; a build that fails leaves an index marked invalid.
CREATE INDEX CONCURRENTLY {index} ON {table}
USING hnsw ({column} {operators})
WITH (m = 16, ef_construction = 64);
