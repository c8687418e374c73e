-- migrate:up

-- What profiles are made from. A copy is not a film: 180 of the sample's 599 customers rented the
-- same film more than once, so the view has one row per pair and counts the times.
CREATE VIEW customer_film AS
SELECT
  rental.customer_id,
  inventory.film_id,
  count(*) AS times,
  max(rental.rental_date) AS last_rented
FROM rental
JOIN inventory ON inventory.inventory_id = rental.inventory_id
GROUP BY rental.customer_id, inventory.film_id;

COMMENT ON VIEW customer_film IS 'Which customer rented which film: one row per pair.';
COMMENT ON COLUMN customer_film.times IS 'How often the customer rented the film.';
COMMENT ON COLUMN customer_film.last_rented IS 'When the customer last took it home.';

-- migrate:down

DROP VIEW customer_film;
