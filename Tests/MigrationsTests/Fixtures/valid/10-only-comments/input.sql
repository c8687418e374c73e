-- migrate:up
-- Nothing yet.
/* Nothing here
   either; */
;;

-- migrate:down
-- Nothing to undo.
