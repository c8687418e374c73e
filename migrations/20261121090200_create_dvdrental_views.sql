-- migrate:up

-- The sample's seven views under their column names. Lists are ordered, so that the same data
-- always reads the same.

CREATE VIEW actor_info AS
SELECT
  actor.actor_id,
  actor.first_name,
  actor.last_name,
  string_agg(by_category.name || ': ' || by_category.titles, ', ' ORDER BY by_category.name)
    AS film_info
FROM actor
LEFT JOIN (
  SELECT
    film_actor.actor_id,
    category.name,
    string_agg(film.title, ', ' ORDER BY film.title) AS titles
  FROM film_actor
  JOIN film ON film.film_id = film_actor.film_id
  JOIN film_category ON film_category.film_id = film.film_id
  JOIN category ON category.category_id = film_category.category_id
  GROUP BY film_actor.actor_id, category.category_id
) AS by_category ON by_category.actor_id = actor.actor_id
GROUP BY actor.actor_id;

CREATE VIEW customer_list AS
SELECT
  customer.customer_id AS id,
  customer.first_name || ' ' || customer.last_name AS name,
  address.address,
  address.postal_code AS "zip code",
  address.phone,
  city.city,
  country.country,
  CASE WHEN customer.activebool THEN 'active' ELSE '' END AS notes,
  customer.store_id AS sid
FROM customer
JOIN address ON address.address_id = customer.address_id
JOIN city ON city.city_id = address.city_id
JOIN country ON country.country_id = city.country_id;

CREATE VIEW staff_list AS
SELECT
  staff.staff_id AS id,
  staff.first_name || ' ' || staff.last_name AS name,
  address.address,
  address.postal_code AS "zip code",
  address.phone,
  city.city,
  country.country,
  staff.store_id AS sid
FROM staff
JOIN address ON address.address_id = staff.address_id
JOIN city ON city.city_id = address.city_id
JOIN country ON country.country_id = city.country_id;

CREATE VIEW film_list AS
SELECT
  film.film_id AS fid,
  film.title,
  film.description,
  category.name AS category,
  film.rental_rate AS price,
  film.length,
  film.rating,
  string_agg(
    actor.first_name || ' ' || actor.last_name, ', ' ORDER BY actor.last_name, actor.first_name
  ) AS actors
FROM film
JOIN film_category ON film_category.film_id = film.film_id
JOIN category ON category.category_id = film_category.category_id
JOIN film_actor ON film_actor.film_id = film.film_id
JOIN actor ON actor.actor_id = film_actor.actor_id
GROUP BY film.film_id, category.category_id;

CREATE VIEW nicer_but_slower_film_list AS
SELECT
  film.film_id AS fid,
  film.title,
  film.description,
  category.name AS category,
  film.rental_rate AS price,
  film.length,
  film.rating,
  string_agg(
    initcap(actor.first_name || ' ' || actor.last_name), ', '
    ORDER BY actor.last_name, actor.first_name
  ) AS actors
FROM film
JOIN film_category ON film_category.film_id = film.film_id
JOIN category ON category.category_id = film_category.category_id
JOIN film_actor ON film_actor.film_id = film.film_id
JOIN actor ON actor.actor_id = film_actor.actor_id
GROUP BY film.film_id, category.category_id;

CREATE VIEW sales_by_film_category AS
SELECT
  category.name AS category,
  sum(payment.amount) AS total_sales
FROM payment
JOIN rental ON rental.rental_id = payment.rental_id
JOIN inventory ON inventory.inventory_id = rental.inventory_id
JOIN film_category ON film_category.film_id = inventory.film_id
JOIN category ON category.category_id = film_category.category_id
GROUP BY category.category_id
ORDER BY sum(payment.amount) DESC;

CREATE VIEW sales_by_store AS
SELECT
  city.city || ',' || country.country AS store,
  staff.first_name || ' ' || staff.last_name AS manager,
  sum(payment.amount) AS total_sales
FROM payment
JOIN rental ON rental.rental_id = payment.rental_id
JOIN inventory ON inventory.inventory_id = rental.inventory_id
JOIN store ON store.store_id = inventory.store_id
JOIN address ON address.address_id = store.address_id
JOIN city ON city.city_id = address.city_id
JOIN country ON country.country_id = city.country_id
JOIN staff ON staff.staff_id = store.manager_staff_id
GROUP BY store.store_id, staff.staff_id, city.city_id, country.country_id
ORDER BY country.country, city.city;

COMMENT ON VIEW actor_info IS 'Each actor with their films by category.';
COMMENT ON VIEW customer_list IS 'Customers with their addresses.';
COMMENT ON VIEW staff_list IS 'Members of staff with their addresses.';
COMMENT ON VIEW film_list IS 'Films that have a category and actors, one row per category.';
COMMENT ON VIEW nicer_but_slower_film_list IS 'film_list with the actors'' names in title case.';
COMMENT ON VIEW sales_by_film_category IS 'Payments by category, highest first.';
COMMENT ON VIEW sales_by_store IS 'Payments by store.';

-- migrate:down

DROP VIEW
  sales_by_store, sales_by_film_category, nicer_but_slower_film_list, film_list,
  staff_list, customer_list, actor_info;
