WITH probe AS MATERIALIZED (
  SELECT film.embedding_minilm AS embedding
  FROM film
  WHERE film.film_id = $1
    AND vector_norm(film.embedding_minilm) > 0
),
candidates AS MATERIALIZED (
  SELECT film.film_id, film.title,
         film.embedding_minilm AS embedding
  FROM film
  WHERE film.embedding_minilm IS NOT NULL
    AND (SELECT embedding FROM probe) IS NOT NULL
    AND film.film_id <> $1
  ORDER BY binary_quantize(film.embedding_minilm)::bit(384) <~> binary_quantize((SELECT embedding FROM probe))::bit(384),
           film.film_id
  LIMIT 200
),
nearest AS MATERIALIZED (
  SELECT candidates.film_id, candidates.title,
         candidates.embedding <=> (SELECT embedding FROM probe) AS distance
  FROM candidates
  ORDER BY candidates.embedding <=> (SELECT embedding FROM probe), candidates.film_id
  LIMIT 5
)
SELECT nearest.film_id, nearest.title, nearest.distance
FROM nearest
ORDER BY nearest.distance, nearest.film_id
