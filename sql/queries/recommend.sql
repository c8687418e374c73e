WITH profile AS MATERIALIZED (
  SELECT avg(film.embedding_minilm) AS embedding
  FROM film
  WHERE film.film_id IN (
      SELECT customer_film.film_id
      FROM customer_film
      WHERE customer_film.customer_id = $1
    )
    AND film.embedding_minilm IS NOT NULL
  HAVING vector_norm(avg(film.embedding_minilm)) > 0
),
seen AS MATERIALIZED (
  SELECT customer_film.film_id AS id
  FROM customer_film
  WHERE customer_film.customer_id = $1
    AND customer_film.film_id IS NOT NULL
)
SELECT film.film_id, film.title,
       film.embedding_minilm <=> (SELECT embedding FROM profile) AS distance
FROM film
WHERE film.embedding_minilm IS NOT NULL
  AND (SELECT embedding FROM profile) IS NOT NULL
  AND film.film_id NOT IN (SELECT id FROM seen)
ORDER BY film.embedding_minilm <=> (SELECT embedding FROM profile),
         film.film_id
LIMIT 5
