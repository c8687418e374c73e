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
),
candidates AS MATERIALIZED (
  SELECT netflix_shows.show_id, netflix_shows.title,
         subvector(netflix_shows.embedding_minilm, 1, 384) AS embedding_minilm
  FROM netflix_shows
  WHERE netflix_shows.embedding_minilm IS NOT NULL
)
SELECT profile.subject, nearest.show_id, nearest.title, nearest.distance
FROM profile
CROSS JOIN LATERAL (
  SELECT candidates.show_id, candidates.title,
         candidates.embedding_minilm <=> profile.embedding AS distance
  FROM candidates
  WHERE candidates.embedding_minilm IS NOT NULL
  ORDER BY candidates.embedding_minilm <=> profile.embedding,
           candidates.show_id
  LIMIT 5
) AS nearest
ORDER BY profile.subject, nearest.distance, nearest.show_id
