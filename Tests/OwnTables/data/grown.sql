-- The same shop with so many chunks that an index pays: their vectors are made up, in a table of their own.

INSERT INTO chunk (chunk_id, item_id, body)
SELECT 100000 + n, (SELECT id FROM shop."Product Items" ORDER BY id LIMIT 1), 'Chunk ' || n
FROM generate_series(1, 3000) AS n;

SELECT setseed(0.5);

INSERT INTO chunk_vector (chunk_id, embedding)
SELECT 100000 + n, (
  SELECT array_agg(sin((1 + n % 40) * j * j * 0.7 + j) + random() - 0.5 ORDER BY j)
  FROM generate_series(1, 384) AS j
)::vector
FROM generate_series(1, 3000) AS n;

ANALYZE;
