WITH probe AS MATERIALIZED (
  SELECT film.embedding_minilm AS embedding
  FROM film
  WHERE film.film_id = $1
    AND vector_norm(film.embedding_minilm) > 0
),
nearest AS MATERIALIZED (
  SELECT film.film_id, film.title,
         film.embedding_minilm <=> (SELECT embedding FROM probe) AS distance
  FROM film
  WHERE film.embedding_minilm IS NOT NULL
    AND (SELECT embedding FROM probe) IS NOT NULL
    AND film.film_id <> $1
  ORDER BY film.embedding_minilm <=> (SELECT embedding FROM probe),
           film.film_id
  LIMIT 5
)
SELECT nearest.film_id, nearest.title, nearest.distance
FROM nearest
WHERE nearest.distance <= $2
ORDER BY nearest.distance, nearest.film_id
