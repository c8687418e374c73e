WITH rated AS MATERIALIZED (
  SELECT rating.movie_id AS id,
         avg(rating.rating::double precision) AS rating
  FROM rating
  WHERE rating.rating IS NOT NULL
  GROUP BY rating.movie_id, rating.user_id
),
prior AS MATERIALIZED (
  SELECT avg(rating) AS mean, count(*)::double precision / nullif(count(DISTINCT id), 0) AS weight
  FROM rated
)
SELECT movie.movie_id, movie.title,
       count(*) AS subjects, avg(rated.rating) AS mean,
       (prior.weight * prior.mean + sum(rated.rating)) / (prior.weight + count(*)) AS score
FROM rated
JOIN movie ON movie.movie_id = rated.id
CROSS JOIN prior
GROUP BY movie.movie_id, movie.title, prior.mean, prior.weight
ORDER BY score DESC, movie.movie_id
LIMIT 10
