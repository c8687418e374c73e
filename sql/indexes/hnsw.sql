-- hnsw: a navigable graph for cosine distance (<=>), the operator that the queries must use;
-- {operators} is vector_cosine_ops, or halfvec_cosine_ops on a column of that type.
-- Build it when the rows are there: every UPDATE of a row, of whatever column, inserts the row anew
-- into the graph. It has to fit maintenance_work_mem while it is built, at about
-- 4 * dimensions + 700 bytes a row, or the build slows down several times over.
-- CONCURRENTLY runs outside a transaction; a build that fails leaves an index marked invalid.
CREATE INDEX CONCURRENTLY {index} ON {table}
USING hnsw ({column} {operators})
WITH (m = 16, ef_construction = 64);
