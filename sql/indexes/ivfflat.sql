-- ivfflat: lists of vectors around centres that k-means finds in a sample; a query reads the lists
-- nearest to it (ivfflat.probes, the square root of their number to begin with). It is built many
-- times faster than a graph and in less memory, and finds less.
-- {lists} is pgvector's rule: a thousandth of the rows up to a million of them, the square root above.
-- The centres stay as they were at the build. On an empty or small table they are made from next to
-- nothing, and when the rows have doubled they are those of other data: build it again.
-- There is none for the taxicab distance.
CREATE INDEX CONCURRENTLY {index} ON {table}
USING ivfflat ({column} {operators})
WITH (lists = {lists});
