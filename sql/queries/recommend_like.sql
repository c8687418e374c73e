WITH probe AS MATERIALIZED (
  SELECT avg(film.embedding_minilm) AS embedding
  FROM film
  WHERE film.film_id = ANY ($1)
  HAVING vector_norm(avg(film.embedding_minilm)) > 0
)
SELECT film.film_id, film.title,
       film.embedding_minilm <=> (SELECT embedding FROM probe) AS distance
FROM film
WHERE film.embedding_minilm IS NOT NULL
  AND (SELECT embedding FROM probe) IS NOT NULL
  AND film.film_id <> ALL ($1)
ORDER BY film.embedding_minilm <=> (SELECT embedding FROM probe),
         film.film_id
LIMIT 5
