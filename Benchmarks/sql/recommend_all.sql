-- Every customer's five nearest shows, as somebody would write it who knows pgvector well: vectors that are stored
-- out of line are fetched once, and the rows compared are kept in memory.
BEGIN;
SET LOCAL work_mem = '64MB';
WITH profile AS MATERIALIZED (
  SELECT rented.customer_id, avg(film.embedding_lexical) AS embedding
  FROM (
    SELECT DISTINCT rental.customer_id, inventory.film_id
    FROM rental JOIN inventory USING (inventory_id)
  ) AS rented
  JOIN film USING (film_id)
  GROUP BY rented.customer_id
),
shows AS MATERIALIZED (
  SELECT show_id, title, subvector(embedding_lexical, 1, 512) AS embedding
  FROM netflix_shows
  WHERE embedding_lexical IS NOT NULL
)
SELECT profile.customer_id, show.show_id, show.title, show.distance
FROM profile
CROSS JOIN LATERAL (
  SELECT show_id, title, shows.embedding <=> profile.embedding AS distance
  FROM shows
  ORDER BY shows.embedding <=> profile.embedding, show_id
  LIMIT 5
) AS show
ORDER BY profile.customer_id, show.distance, show.show_id;
COMMIT;
