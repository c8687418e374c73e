SELECT netflix_shows.show_id, netflix_shows.title,
       (ARRAY['exact', 'prefix', 'substring', 'full text'])[match.rank] AS match
FROM netflix_shows
CROSS JOIN LATERAL (
  SELECT CASE
           WHEN lower(netflix_shows.title) = lower($1) THEN 1
           WHEN starts_with(lower(netflix_shows.title), lower($1)) THEN 2
           WHEN strpos(lower(netflix_shows.title), lower($1)) > 0 THEN 3
           WHEN to_tsvector('english', netflix_shows.title) @@ websearch_to_tsquery('english', $1) THEN 4
         END AS rank
) AS match
WHERE match.rank IS NOT NULL
ORDER BY match.rank, length(netflix_shows.title), netflix_shows.show_id
LIMIT 10
