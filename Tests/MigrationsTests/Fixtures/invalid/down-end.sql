-- migrate:up transaction:false
BEGIN; COMMIT;
-- migrate:down
END;
