WITH profile AS MATERIALIZED (
  SELECT used.subject, avg(film.embedding_minilm) AS embedding
  FROM (
    SELECT DISTINCT customer_film.customer_id AS subject, customer_film.film_id AS id
    FROM customer_film
    WHERE customer_film.customer_id IS NOT NULL
  ) AS used
  JOIN film ON film.film_id = used.id
  WHERE film.embedding_minilm IS NOT NULL
  GROUP BY used.subject
  HAVING vector_norm(avg(film.embedding_minilm)) > 0
)
SELECT profile.subject, nearest.show_id, nearest.title, nearest.distance
FROM profile
CROSS JOIN LATERAL (
  SELECT netflix_shows.show_id, netflix_shows.title,
         netflix_shows.embedding_minilm <=> profile.embedding AS distance
  FROM netflix_shows
  WHERE netflix_shows.embedding_minilm IS NOT NULL
  ORDER BY netflix_shows.embedding_minilm <=> profile.embedding,
           netflix_shows.show_id
  LIMIT 5
) AS nearest
ORDER BY profile.subject, nearest.distance, nearest.show_id
