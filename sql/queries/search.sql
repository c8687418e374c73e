WITH probe AS MATERIALIZED (
  SELECT $1::vector AS embedding
)
SELECT netflix_shows.show_id, netflix_shows.title,
       netflix_shows.embedding_minilm <=> (SELECT embedding FROM probe) AS distance
FROM netflix_shows
WHERE netflix_shows.embedding_minilm IS NOT NULL
  AND (SELECT embedding FROM probe) IS NOT NULL
ORDER BY netflix_shows.embedding_minilm <=> (SELECT embedding FROM probe),
         netflix_shows.show_id
LIMIT 5
