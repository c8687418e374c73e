WITH RECURSIVE probe AS MATERIALIZED (
  SELECT film.embedding_minilm AS embedding
  FROM film
  WHERE film.film_id = $1
    AND vector_norm(film.embedding_minilm) > 0
),
nearest AS MATERIALIZED (
  SELECT film.film_id, film.title,
         film.embedding_minilm AS embedding,
         film.embedding_minilm <=> (SELECT embedding FROM probe) AS distance
  FROM film
  WHERE film.embedding_minilm IS NOT NULL
    AND (SELECT embedding FROM probe) IS NOT NULL
    AND film.film_id <> $1
  ORDER BY film.embedding_minilm <=> (SELECT embedding FROM probe),
           film.film_id
  LIMIT 50
),
chosen AS MATERIALIZED (
  (
    SELECT nearest.film_id, nearest.title, nearest.distance,
           1 AS rank, ARRAY[nearest.film_id::text] AS before
    FROM nearest
    ORDER BY nearest.distance, nearest.film_id
    LIMIT 1
  )
  UNION ALL
  SELECT next.film_id, next.title, next.distance,
         chosen.rank + 1, chosen.before || next.film_id::text
  FROM chosen
  CROSS JOIN LATERAL (
    SELECT nearest.film_id, nearest.title, nearest.distance
    FROM nearest
    WHERE nearest.film_id::text <> ALL (chosen.before)
    ORDER BY (1 - $2) * nearest.distance
             - $2 * (
                 SELECT min(nearest.embedding <=> other.embedding)
                 FROM nearest AS other
                 WHERE other.film_id::text = ANY (chosen.before)
               ),
             nearest.film_id
    LIMIT 1
  ) AS next
  WHERE chosen.rank < 5
)
SELECT chosen.film_id, chosen.title, chosen.distance
FROM chosen
ORDER BY chosen.rank, chosen.film_id
