-- migrate:up

-- The sample's functions and triggers under their names and signatures. SQL functions have
-- BEGIN ATOMIC bodies: their names are resolved here, once, so no search_path can change what
-- they do, and a table that they read cannot be dropped under them.

CREATE FUNCTION last_updated() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  NEW.last_update := CURRENT_TIMESTAMP;
  RETURN NEW;
END
$$;

CREATE FUNCTION last_day(timestamp) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (date_trunc('month', $1) + interval '1 month' - interval '1 day')::date;

CREATE FUNCTION _group_concat(text, text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN concat_ws(', ', $1, $2);

CREATE AGGREGATE group_concat(text) (
  SFUNC = _group_concat,
  STYPE = text
);

CREATE FUNCTION inventory_in_stock(p_inventory_id integer) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN NOT EXISTS (
  SELECT FROM rental
  WHERE rental.inventory_id = p_inventory_id
    AND rental.return_date IS NULL
);

CREATE FUNCTION inventory_held_by_customer(p_inventory_id integer) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (
  SELECT rental.customer_id
  FROM rental
  WHERE rental.inventory_id = p_inventory_id
    AND rental.return_date IS NULL
  ORDER BY rental.rental_date DESC
  LIMIT 1
);

-- Both return one inventory_id per row, whatever the sample's OUT parameter is called.
CREATE FUNCTION film_in_stock(p_film_id integer, p_store_id integer, OUT p_film_count integer)
RETURNS SETOF integer
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT inventory.inventory_id
  FROM inventory
  WHERE inventory.film_id = p_film_id
    AND inventory.store_id = p_store_id
    AND inventory_in_stock(inventory.inventory_id);
END;

CREATE FUNCTION film_not_in_stock(p_film_id integer, p_store_id integer, OUT p_film_count integer)
RETURNS SETOF integer
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT inventory.inventory_id
  FROM inventory
  WHERE inventory.film_id = p_film_id
    AND inventory.store_id = p_store_id
    AND NOT inventory_in_stock(inventory.inventory_id);
END;

-- The sample's body calls a function if() that PostgreSQL does not have, so it has never run.
CREATE FUNCTION get_customer_balance(p_customer_id integer, p_effective_date timestamp)
RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  WITH fee AS (
    SELECT
      sum(film.rental_rate) AS rent,
      sum(greatest(rental.return_date::date - rental.rental_date::date - film.rental_duration, 0))
        AS late
    FROM rental
    JOIN inventory ON inventory.inventory_id = rental.inventory_id
    JOIN film ON film.film_id = inventory.film_id
    WHERE rental.customer_id = p_customer_id
      AND rental.rental_date <= p_effective_date
  ),
  paid AS (
    SELECT sum(payment.amount) AS amount
    FROM payment
    WHERE payment.customer_id = p_customer_id
      AND payment.payment_date <= p_effective_date
  )
  SELECT coalesce(fee.rent, 0) + coalesce(fee.late, 0) - coalesce(paid.amount, 0)
  FROM fee CROSS JOIN paid;
END;

-- PL/pgSQL, because only it can refuse an argument. It runs with the caller's rights: the
-- sample's SECURITY DEFINER with pasted SQL was an open door.
CREATE FUNCTION rewards_report(
  min_monthly_purchases integer,
  min_dollar_amount_purchased numeric
)
RETURNS SETOF customer
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
  month_start CONSTANT timestamp := date_trunc('month', CURRENT_DATE - interval '3 months');
BEGIN
  IF min_monthly_purchases = 0 THEN
    RAISE EXCEPTION 'the minimum of monthly purchases must be above 0'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF min_dollar_amount_purchased = 0 THEN
    RAISE EXCEPTION 'the minimum of dollars spent must be above 0'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;

  RETURN QUERY
  SELECT customer.*
  FROM customer
  WHERE customer.customer_id IN (
    SELECT payment.customer_id
    FROM payment
    WHERE payment.payment_date >= month_start
      AND payment.payment_date < month_start + interval '1 month'
    GROUP BY payment.customer_id
    HAVING count(*) > min_monthly_purchases
      AND sum(payment.amount) > min_dollar_amount_purchased
  );
END
$$;

-- Only the text makes fulltext, and only the sample's own columns make a film "updated": writing
-- an embedding must neither parse the text again nor touch last_update.
CREATE TRIGGER film_fulltext_trigger
  BEFORE INSERT OR UPDATE OF title, description, fulltext ON film
  FOR EACH ROW
  EXECUTE FUNCTION
    tsvector_update_trigger('fulltext', 'pg_catalog.english', 'title', 'description');

CREATE TRIGGER last_updated
  BEFORE UPDATE OF film_id, title, description, release_year, language_id, rental_duration,
    rental_rate, length, replacement_cost, rating, special_features ON film
  FOR EACH ROW EXECUTE FUNCTION last_updated();

CREATE TRIGGER last_updated BEFORE UPDATE ON actor
  FOR EACH ROW EXECUTE FUNCTION last_updated();
CREATE TRIGGER last_updated BEFORE UPDATE ON address
  FOR EACH ROW EXECUTE FUNCTION last_updated();
CREATE TRIGGER last_updated BEFORE UPDATE ON category
  FOR EACH ROW EXECUTE FUNCTION last_updated();
CREATE TRIGGER last_updated BEFORE UPDATE ON city
  FOR EACH ROW EXECUTE FUNCTION last_updated();
CREATE TRIGGER last_updated BEFORE UPDATE ON country
  FOR EACH ROW EXECUTE FUNCTION last_updated();
CREATE TRIGGER last_updated BEFORE UPDATE ON customer
  FOR EACH ROW EXECUTE FUNCTION last_updated();
CREATE TRIGGER last_updated BEFORE UPDATE ON film_actor
  FOR EACH ROW EXECUTE FUNCTION last_updated();
CREATE TRIGGER last_updated BEFORE UPDATE ON film_category
  FOR EACH ROW EXECUTE FUNCTION last_updated();
CREATE TRIGGER last_updated BEFORE UPDATE ON inventory
  FOR EACH ROW EXECUTE FUNCTION last_updated();
CREATE TRIGGER last_updated BEFORE UPDATE ON language
  FOR EACH ROW EXECUTE FUNCTION last_updated();
CREATE TRIGGER last_updated BEFORE UPDATE ON rental
  FOR EACH ROW EXECUTE FUNCTION last_updated();
CREATE TRIGGER last_updated BEFORE UPDATE ON staff
  FOR EACH ROW EXECUTE FUNCTION last_updated();
CREATE TRIGGER last_updated BEFORE UPDATE ON store
  FOR EACH ROW EXECUTE FUNCTION last_updated();

COMMENT ON FUNCTION last_updated() IS 'Trigger: sets last_update to the transaction''s time.';
COMMENT ON FUNCTION last_day(timestamp) IS 'The last day of the month of a point in time.';
COMMENT ON AGGREGATE group_concat(text) IS
  'Values joined with a comma, NULL left out. string_agg with ORDER BY is the better choice.';
COMMENT ON FUNCTION inventory_in_stock(integer) IS 'Whether a copy is in its store now.';
COMMENT ON FUNCTION inventory_held_by_customer(integer) IS
  'The customer who has a copy now; NULL when it is in its store.';
COMMENT ON FUNCTION film_in_stock(integer, integer) IS
  'The inventory_id of each copy of a film that a store can lend now.';
COMMENT ON FUNCTION film_not_in_stock(integer, integer) IS
  'The inventory_id of each copy of a film that is away from its store.';
COMMENT ON FUNCTION get_customer_balance(integer, timestamp) IS
  'What a customer owed at a time: rental fees, a dollar per day returned late, less payments.';
COMMENT ON FUNCTION rewards_report(integer, numeric) IS
  'Customers above both limits in the calendar month three months ago.';

-- migrate:down

DROP TRIGGER last_updated ON store;
DROP TRIGGER last_updated ON staff;
DROP TRIGGER last_updated ON rental;
DROP TRIGGER last_updated ON language;
DROP TRIGGER last_updated ON inventory;
DROP TRIGGER last_updated ON film_category;
DROP TRIGGER last_updated ON film_actor;
DROP TRIGGER last_updated ON customer;
DROP TRIGGER last_updated ON country;
DROP TRIGGER last_updated ON city;
DROP TRIGGER last_updated ON category;
DROP TRIGGER last_updated ON address;
DROP TRIGGER last_updated ON actor;
DROP TRIGGER last_updated ON film;
DROP TRIGGER film_fulltext_trigger ON film;
DROP FUNCTION
  rewards_report(integer, numeric),
  get_customer_balance(integer, timestamp),
  film_not_in_stock(integer, integer),
  film_in_stock(integer, integer),
  inventory_held_by_customer(integer),
  inventory_in_stock(integer);
DROP AGGREGATE group_concat(text);
DROP FUNCTION
  _group_concat(text, text),
  last_day(timestamp),
  last_updated();
