-- Every customer's five nearest shows, as somebody would write it who knows pgvector well.
BEGIN;
SET LOCAL hnsw.ef_search = 200;
SELECT profile.customer_id, show.show_id, show.title, show.distance
FROM (
  SELECT rented.customer_id, avg(film.embedding_lexical) AS embedding
  FROM (
    SELECT DISTINCT rental.customer_id, inventory.film_id
    FROM rental JOIN inventory USING (inventory_id)
  ) AS rented
  JOIN film USING (film_id)
  GROUP BY rented.customer_id
) AS profile
CROSS JOIN LATERAL (
  SELECT show_id, title, embedding_lexical <=> profile.embedding AS distance
  FROM netflix_shows
  ORDER BY embedding_lexical <=> profile.embedding, show_id
  LIMIT 5
) AS show
ORDER BY profile.customer_id, show.distance, show.show_id;
COMMIT;
