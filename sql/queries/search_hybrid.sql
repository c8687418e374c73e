WITH probe AS MATERIALIZED (
  SELECT $1::vector AS embedding
),
nearest AS MATERIALIZED (
  SELECT found.show_id AS id,
         row_number() OVER (ORDER BY found.distance, found.show_id) AS rank
  FROM (
    SELECT netflix_shows.show_id,
           netflix_shows.embedding_minilm <=> (SELECT embedding FROM probe) AS distance
    FROM netflix_shows
    WHERE netflix_shows.embedding_minilm IS NOT NULL
      AND (SELECT embedding FROM probe) IS NOT NULL
    ORDER BY netflix_shows.embedding_minilm <=> (SELECT embedding FROM probe),
             netflix_shows.show_id
    LIMIT 50
  ) AS found
),
candidates AS MATERIALIZED (
  SELECT netflix_shows.show_id AS id,
         row_number() OVER (
           ORDER BY ts_rank_cd(to_tsvector('english', coalesce(netflix_shows.title::text, '') || ' ' || coalesce(netflix_shows.description::text, '')), websearch_to_tsquery('english', $2)) DESC, netflix_shows.show_id
         ) AS rank
  FROM netflix_shows
  WHERE to_tsvector('english', coalesce(netflix_shows.title::text, '') || ' ' || coalesce(netflix_shows.description::text, '')) @@ websearch_to_tsquery('english', $2)
  ORDER BY rank
  LIMIT 50
)
SELECT netflix_shows.show_id, netflix_shows.title,
       netflix_shows.embedding_minilm <=> (SELECT embedding FROM probe) AS distance,
       (coalesce(1.0 / (60 + nearest.rank), 0)
     + coalesce(1.0 / (60 + candidates.rank), 0))::double precision AS score
FROM nearest
FULL JOIN candidates ON candidates.id = nearest.id
JOIN netflix_shows
  ON netflix_shows.show_id = coalesce(nearest.id, candidates.id)
ORDER BY score DESC, netflix_shows.show_id
LIMIT 5
