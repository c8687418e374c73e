WITH probe AS MATERIALIZED (
  SELECT movie_embeddings.embedding AS embedding
  FROM movie_embeddings
  WHERE movie_embeddings.movie_id = $1
    AND vector_norm(movie_embeddings.embedding) > 0
),
nearest AS MATERIALIZED (
  SELECT movie_embeddings.movie_id,
         movie_embeddings.embedding <=> (SELECT embedding FROM probe) AS distance
  FROM movie_embeddings
  WHERE movie_embeddings.embedding IS NOT NULL
    AND (SELECT embedding FROM probe) IS NOT NULL
    AND movie_embeddings.movie_id <> $1
    AND EXISTS (
      SELECT FROM movie
      WHERE movie.movie_id = movie_embeddings.movie_id
        AND movie.year >= $2
    )
  ORDER BY movie_embeddings.embedding <=> (SELECT embedding FROM probe),
           movie_embeddings.movie_id
  LIMIT 5
)
SELECT movie.movie_id, movie.title, nearest.distance
FROM nearest
JOIN movie ON movie.movie_id = nearest.movie_id
ORDER BY nearest.distance, movie.movie_id
