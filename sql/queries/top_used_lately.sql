SELECT film.film_id, film.title,
       count(DISTINCT customer_film.customer_id) AS subjects
FROM customer_film
JOIN film ON film.film_id = customer_film.film_id
WHERE customer_film.last_rented >= (
    SELECT max(newest.last_rented)
    FROM customer_film AS newest
    WHERE isfinite(newest.last_rented)
  ) - 30 * interval '1 day'
  AND film.rental_rate < $1
GROUP BY film.film_id, film.title
ORDER BY subjects DESC, film.film_id
LIMIT 10
