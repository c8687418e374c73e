-- The files name their keys, so the sequences have not moved; after loading they go on from there.
SELECT setval(pg_get_serial_sequence('language', 'language_id'), max(language_id)) FROM language;
SELECT setval(pg_get_serial_sequence('country', 'country_id'), max(country_id)) FROM country;
SELECT setval(pg_get_serial_sequence('city', 'city_id'), max(city_id)) FROM city;
SELECT setval(pg_get_serial_sequence('address', 'address_id'), max(address_id)) FROM address;
SELECT setval(pg_get_serial_sequence('staff', 'staff_id'), max(staff_id)) FROM staff;
SELECT setval(pg_get_serial_sequence('store', 'store_id'), max(store_id)) FROM store;
SELECT setval(pg_get_serial_sequence('customer', 'customer_id'), max(customer_id)) FROM customer;
SELECT setval(pg_get_serial_sequence('actor', 'actor_id'), max(actor_id)) FROM actor;
SELECT setval(pg_get_serial_sequence('category', 'category_id'), max(category_id)) FROM category;
SELECT setval(pg_get_serial_sequence('film', 'film_id'), max(film_id)) FROM film;
SELECT setval(pg_get_serial_sequence('inventory', 'inventory_id'), max(inventory_id)) FROM inventory;
SELECT setval(pg_get_serial_sequence('rental', 'rental_id'), max(rental_id)) FROM rental;
SELECT setval(pg_get_serial_sequence('payment', 'payment_id'), max(payment_id)) FROM payment;
SELECT setval(pg_get_serial_sequence('movie', 'movie_id'), max(movie_id)) FROM movie;
