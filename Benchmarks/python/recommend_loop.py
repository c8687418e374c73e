"""What many write first: a query per customer, the vector as text there and back."""

import os

import psycopg

with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
    customers = connection.execute("SELECT customer_id FROM customer ORDER BY 1").fetchall()
    for (customer,) in customers:
        profile, = connection.execute(
            """
            SELECT avg(film.embedding_lexical)::text
            FROM film
            WHERE film_id IN (
              SELECT film_id FROM rental JOIN inventory USING (inventory_id) WHERE customer_id = %s
            )
            """, [customer]).fetchone()
        rows = connection.execute(
            """
            SELECT show_id, title, embedding_lexical <=> %s::vector AS distance
            FROM netflix_shows ORDER BY distance LIMIT 5
            """, [profile]).fetchall()
        print(customer, rows)
