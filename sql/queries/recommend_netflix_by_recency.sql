WITH profile AS MATERIALIZED (
  SELECT sum(item.embedding * array_fill(item.weight, ARRAY[384])::vector(384)) AS embedding
  FROM (
    SELECT film.embedding_minilm AS embedding,
           round((used.weight / sum(used.weight) OVER ())::numeric, 6)::real AS weight
    FROM (
      SELECT customer_film.film_id AS id,
             power(0.5, (
               max(extract(epoch FROM max(customer_film.last_rented) FILTER (WHERE isfinite(customer_film.last_rented)))) OVER ()
               - extract(epoch FROM max(customer_film.last_rented) FILTER (WHERE isfinite(customer_film.last_rented)))
             ) / 7776000) AS weight
      FROM customer_film
      WHERE customer_film.customer_id = $1
      GROUP BY customer_film.film_id
    ) AS used
    JOIN film ON film.film_id = used.id
    WHERE used.weight > 0
      AND film.embedding_minilm IS NOT NULL
  ) AS item
  HAVING vector_norm(sum(item.embedding * array_fill(item.weight, ARRAY[384])::vector(384))) > 0
),
nearest AS MATERIALIZED (
  SELECT netflix_shows.show_id, netflix_shows.title, netflix_shows.description,
         netflix_shows.embedding_minilm AS embedding,
         netflix_shows.embedding_minilm <=> (SELECT embedding FROM profile) AS distance
  FROM netflix_shows
  WHERE netflix_shows.embedding_minilm IS NOT NULL
    AND (SELECT embedding FROM profile) IS NOT NULL
  ORDER BY netflix_shows.embedding_minilm <=> (SELECT embedding FROM profile),
           netflix_shows.show_id
  LIMIT 5
),
used AS MATERIALIZED (
  SELECT film.film_id AS id, film.title AS title,
         film.embedding_minilm AS embedding
  FROM film
  WHERE film.film_id IN (
      SELECT customer_film.film_id
      FROM customer_film
      WHERE customer_film.customer_id = $1
    )
    AND film.embedding_minilm IS NOT NULL
)
SELECT nearest.show_id, nearest.title, nearest.description, nearest.distance, reasons.because
FROM nearest
CROSS JOIN LATERAL (
  SELECT jsonb_agg(
           jsonb_build_object('id', item.id, 'title', item.title, 'distance', item.distance)
           ORDER BY item.distance, item.id
         ) AS because
  FROM (
    SELECT used.id, used.title, used.embedding <=> nearest.embedding AS distance
    FROM used
    ORDER BY used.embedding <=> nearest.embedding, used.id
    LIMIT 2
  ) AS item
) AS reasons
ORDER BY nearest.distance, nearest.show_id
