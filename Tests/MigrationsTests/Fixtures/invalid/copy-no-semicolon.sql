-- migrate:up
COPY t FROM stdin