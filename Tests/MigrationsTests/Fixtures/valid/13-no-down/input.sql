--migrate:up   transaction:true
CREATE TABLE kept (id int);
