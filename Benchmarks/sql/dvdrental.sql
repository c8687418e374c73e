-- Fills the fifteen tables of an empty movie database with invented rows, :scale times as many as
-- the DVDRental sample has, for an archive to measure imports with.
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
SELECT setseed(0.5);

INSERT INTO language (name) SELECT 'language ' || n FROM generate_series(1, 6) AS n;
INSERT INTO country (country) SELECT 'country ' || n FROM generate_series(1, 109) AS n;
INSERT INTO city (city, country_id)
SELECT 'city ' || n, 1 + n % 109 FROM generate_series(1, 600) AS n;
INSERT INTO address (address, address2, district, city_id, postal_code, phone)
SELECT n || ' Long Street', '', 'district ' || n % 300, 1 + n % 600, (10000 + n)::text, n::text
FROM generate_series(1, 603 * :scale) AS n;
INSERT INTO staff (first_name, last_name, address_id, email, store_id, username)
SELECT 'Staff', 'Member', n, 'staff' || n || '@example.org', n, 'staff' || n
FROM generate_series(1, 2) AS n;
INSERT INTO store (manager_staff_id, address_id) SELECT n, n FROM generate_series(1, 2) AS n;
INSERT INTO customer (store_id, first_name, last_name, email, address_id, create_date, active)
SELECT 1 + n % 2, 'First' || n, 'Last' || n, 'customer' || n || '@example.org', n + 2,
       '2006-02-14', 1
FROM generate_series(1, 599 * :scale) AS n;
INSERT INTO actor (first_name, last_name)
SELECT 'First' || n, 'Last' || n FROM generate_series(1, 200 * :scale) AS n;
INSERT INTO category (name) SELECT 'category ' || n FROM generate_series(1, 16) AS n;
INSERT INTO film (title, description, release_year, language_id, length, rating, special_features)
SELECT
  'Film ' || n,
  'A ' || md5(n::text) || ' Story of a Robot And a ' || md5((n + 1)::text)
    || ' who must Outrun a Baker in The Garden of Maps',
  2006, 1, 46 + n % 140, (enum_range(NULL::mpaa_rating))[1 + n % 5], '{Trailers,"Deleted Scenes"}'
FROM generate_series(1, 1000 * :scale) AS n;
INSERT INTO film_actor (actor_id, film_id)
SELECT 1 + (film * 7 + n * 31) % (200 * :scale), film
FROM generate_series(1, 1000 * :scale) AS film, generate_series(1, 5) AS n;
INSERT INTO film_category (film_id, category_id)
SELECT n, 1 + n % 16 FROM generate_series(1, 1000 * :scale) AS n;
INSERT INTO inventory (film_id, store_id)
SELECT 1 + n % (958 * :scale), 1 + n % 2 FROM generate_series(1, 4581 * :scale) AS n;
INSERT INTO rental (rental_date, inventory_id, customer_id, return_date, staff_id)
SELECT
  timestamp '2005-05-24' + n * interval '7 minutes',
  1 + floor(random() * 4581 * :scale)::integer,
  1 + floor(random() * 599 * :scale)::integer,
  CASE WHEN n % 90 > 0 THEN timestamp '2005-05-30' + n * interval '7 minutes' END,
  1 + n % 2
FROM generate_series(1, 16044 * :scale) AS n;
INSERT INTO payment (customer_id, staff_id, rental_id, amount, payment_date)
SELECT customer_id, staff_id, rental_id, 0.99 + rental_id % 9, rental_date
FROM rental WHERE rental_id % 11 > 0;
COMMIT;
