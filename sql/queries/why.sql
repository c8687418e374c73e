WITH target AS MATERIALIZED (
  SELECT netflix_shows.embedding_minilm AS embedding,
       to_tsvector('english', coalesce(netflix_shows.title::text, '') || ' ' || coalesce(netflix_shows.description::text, '')) AS words
  FROM netflix_shows
  WHERE netflix_shows.show_id = $1
)
SELECT film.film_id, film.title,
       (
         SELECT sum(customer_film.times)::double precision
         FROM customer_film
         WHERE customer_film.customer_id = $2
           AND customer_film.film_id = film.film_id
       ) AS used,
       film.embedding_minilm <=> (SELECT embedding FROM target) AS distance,
       (film.embedding_minilm <#> (SELECT embedding FROM target))
         / nullif(sum(film.embedding_minilm <#> (SELECT embedding FROM target)) OVER (), 0) AS share,
       ARRAY(
         SELECT unnest(tsvector_to_array(to_tsvector('english', coalesce(film.title::text, ''))))
         INTERSECT
         SELECT unnest(tsvector_to_array((SELECT words FROM target)))
         ORDER BY 1
         LIMIT 8
       ) AS words
FROM film
WHERE film.film_id IN (
    SELECT customer_film.film_id
    FROM customer_film
    WHERE customer_film.customer_id = $2
  )
  AND film.embedding_minilm IS NOT NULL
  AND (SELECT embedding FROM target) IS NOT NULL
ORDER BY share DESC, film.film_id
LIMIT 5
