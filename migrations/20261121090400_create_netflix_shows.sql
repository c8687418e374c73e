-- migrate:up

-- date_added is kept as the file wrote it; its date must be a generated column, and neither
-- to_date() nor a cast to date is immutable (both read settings). So: three known forms, taken
-- apart by position, and make_date(), which is immutable but raises on 31 February; hence the
-- check of the day. What no form fits is NULL, never an error.
CREATE FUNCTION parse_date_added(date_added text) RETURNS date
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
  months CONSTANT text[] := string_to_array(
    'january february march april may june july august september october november december', ' '
  );
  abbreviations CONSTANT text[] := '{jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec}';
  written CONSTANT text := lower(btrim(date_added, E' \t\r\n' || chr(160)) COLLATE "C");
  y integer;
  m integer;
  d integer;
BEGIN
  CASE
    WHEN written ~ '^[0-9]{1,2}-[a-z]{3}-[0-9]{2}$' THEN         -- 25-Sep-21
      y := 2000 + split_part(written, '-', 3)::integer;
      m := array_position(abbreviations, split_part(written, '-', 2));
      d := split_part(written, '-', 1)::integer;
    WHEN written ~ '^[a-z]+ +[0-9]{1,2}, *[0-9]{4}$' THEN        -- September 25, 2021
      y := right(written, 4)::integer;
      m := array_position(months, split_part(written, ' ', 1));
      d := substring(written FROM '([0-9]+),')::integer;
    WHEN written ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN           -- 2021-09-25
      y := left(written, 4)::integer;
      m := substr(written, 6, 2)::integer;
      d := right(written, 2)::integer;
    ELSE
      RETURN NULL;
  END CASE;

  RETURN CASE
    WHEN y < 1 OR m NOT BETWEEN 1 AND 12 OR d < 1 THEN NULL
    WHEN d <= 28
      OR d <= 30 AND m <> 2
      OR d = 31 AND m IN (1, 3, 5, 7, 8, 10, 12)
      OR d = 29 AND m = 2 AND y % 4 = 0 AND (y % 100 <> 0 OR y % 400 = 0)
      THEN make_date(y, m, d)
  END;
END
$$;

CREATE TABLE netflix_shows (
  show_id      text    PRIMARY KEY,
  type         text    NOT NULL,
  title        text    NOT NULL,
  director     text,
  "cast"       text,
  country      text,
  date_added   text,
  release_year integer CHECK (release_year BETWEEN 1888 AND 2155),
  rating       text,
  duration     text,
  listed_in    text,
  description  text,
  added_on     date    GENERATED ALWAYS AS (parse_date_added(date_added)) STORED
);

CREATE INDEX ON netflix_shows (title);

COMMENT ON FUNCTION parse_date_added(text) IS
  'The date of 25-Sep-21, September 25, 2021 or 2021-09-25, blanks around it allowed; else NULL.';
COMMENT ON TABLE netflix_shows IS 'The public list of Netflix titles, columns as in its CSV.';
COMMENT ON COLUMN netflix_shows.show_id IS 's1, s2, … as in the file.';
COMMENT ON COLUMN netflix_shows.type IS 'Movie or TV Show.';
COMMENT ON COLUMN netflix_shows."cast" IS 'Actors, comma between; a reserved word, so quoted.';
COMMENT ON COLUMN netflix_shows.date_added IS 'When Netflix added the title, as the file says it.';
COMMENT ON COLUMN netflix_shows.added_on IS
  'The date in date_added; NULL when it is empty or in no known form.';
COMMENT ON COLUMN netflix_shows.rating IS
  'Age rating; three rows of the 2021 edition hold a duration.';
COMMENT ON COLUMN netflix_shows.listed_in IS 'Genres, with commas between.';

-- migrate:down

DROP TABLE netflix_shows;
DROP FUNCTION parse_date_added(text);
