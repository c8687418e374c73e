-- migrate:up
/* /* */
