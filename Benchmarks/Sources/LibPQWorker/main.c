// The floor: libpq and nothing around it, sending the bytes that the Swift client sends.
//
//   LibPQWorker CONNECTION
//
// Answers lines as the Swift worker does: `single FIRST COUNT` is one execution of the prepared
// statement per stored query, `pipeline FIRST COUNT` the same in pipelines of a hundred, and
// `lateral FIRST COUNT` one statement for all of them.
#include <arpa/inet.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *NEAREST =
    "SELECT id, embedding <=> $1 AS distance FROM item ORDER BY embedding <=> $1 LIMIT 10";
static const char *LATERAL =
    "SELECT query.id AS query, nearest.id, nearest.distance FROM query CROSS JOIN LATERAL "
    "(SELECT item.id, item.embedding <=> query.embedding AS distance FROM item "
    "ORDER BY item.embedding <=> query.embedding LIMIT 10) AS nearest "
    "WHERE query.id >= $1 AND query.id < $2";

enum { BATCH = 100 };

struct checksum {
  long rows;
  uint64_t sum;
  double distance;
};

static PGconn *connection;

static void fail(const char *what) {
  fprintf(stderr, "LibPQWorker: %s: %s", what, PQerrorMessage(connection));
  exit(1);
}

static PGresult *expect(PGresult *result, ExecStatusType status, const char *what) {
  if (PQresultStatus(result) != status) fail(what);
  return result;
}

static int32_t read_int(const PGresult *result, int row, int column) {
  uint32_t bits;
  memcpy(&bits, PQgetvalue(result, row, column), sizeof bits);
  return (int32_t)ntohl(bits);
}

static double read_double(const PGresult *result, int row, int column) {
  uint32_t words[2];
  memcpy(words, PQgetvalue(result, row, column), sizeof words);
  uint64_t bits = (uint64_t)ntohl(words[0]) << 32 | ntohl(words[1]);
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static void add(struct checksum *checksum, int32_t query, int32_t id, double distance) {
  uint64_t mixed = ((uint64_t)query << 32 | (uint32_t)id) * UINT64_C(0x9E3779B97F4A7C15);
  checksum->sum += mixed ^ (mixed >> 29);
  checksum->distance += distance;
  checksum->rows++;
}

static void run_single(struct checksum *checksum, const PGresult *queries, int first, int count) {
  for (int query = first; query < first + count; query++) {
    const char *values[] = {PQgetvalue(queries, query, 0)};
    int lengths[] = {PQgetlength(queries, query, 0)};
    int formats[] = {1};
    PGresult *result = expect(
        PQexecPrepared(connection, "dbtool_1", 1, values, lengths, formats, 1),
        PGRES_TUPLES_OK, "nearest");
    for (int row = 0; row < PQntuples(result); row++)
      add(checksum, query, read_int(result, row, 0), read_double(result, row, 1));
    PQclear(result);
  }
}

static void expect_none(PGresult *result) {
  if (result) fail("pipeline");
}

// The C way that is easiest to write: blocking, since a hundred answers fit into the socket's buffer.
static void run_pipeline(struct checksum *checksum, const PGresult *queries, int first, int count) {
  if (!PQenterPipelineMode(connection)) fail("pipeline mode");
  for (int start = first; start < first + count; start += BATCH) {
    int end = start + BATCH < first + count ? start + BATCH : first + count;
    for (int query = start; query < end; query++) {
      const char *values[] = {PQgetvalue(queries, query, 0)};
      int lengths[] = {PQgetlength(queries, query, 0)};
      int formats[] = {1};
      if (!PQsendQueryPrepared(connection, "dbtool_1", 1, values, lengths, formats, 1))
        fail("send");
    }
    if (!PQpipelineSync(connection)) fail("sync");
    for (int query = start; query < end; query++) {
      PGresult *result = expect(PQgetResult(connection), PGRES_TUPLES_OK, "nearest");
      for (int row = 0; row < PQntuples(result); row++)
        add(checksum, query, read_int(result, row, 0), read_double(result, row, 1));
      PQclear(result);
      expect_none(PQgetResult(connection));
    }
    PQclear(expect(PQgetResult(connection), PGRES_PIPELINE_SYNC, "sync"));
  }
  if (!PQexitPipelineMode(connection)) fail("pipeline mode");
}

static void run_lateral(struct checksum *checksum, int first, int count) {
  uint32_t bounds[] = {htonl((uint32_t)first), htonl((uint32_t)(first + count))};
  const char *values[] = {(const char *)&bounds[0], (const char *)&bounds[1]};
  int lengths[] = {4, 4};
  int formats[] = {1, 1};
  PGresult *result = expect(
      PQexecPrepared(connection, "lateral", 2, values, lengths, formats, 1),
      PGRES_TUPLES_OK, "lateral");
  for (int row = 0; row < PQntuples(result); row++)
    add(checksum, read_int(result, row, 0), read_int(result, row, 1), read_double(result, row, 2));
  PQclear(result);
}

static PGresult *set_up(const char *where) {
  connection = PQconnectdb(where);
  if (PQstatus(connection) != CONNECTION_OK) fail("connect");
  PGresult *oid = expect(
      PQexec(connection, "SELECT 'vector'::regtype::oid"), PGRES_TUPLES_OK, "type");
  Oid vector = (Oid)strtoul(PQgetvalue(oid, 0, 0), NULL, 10);
  PQclear(oid);
  Oid integers[] = {23, 23};
  PQclear(expect(
      PQprepare(connection, "dbtool_1", NEAREST, 1, &vector), PGRES_COMMAND_OK, "prepare"));
  PQclear(expect(
      PQprepare(connection, "lateral", LATERAL, 2, integers), PGRES_COMMAND_OK, "prepare"));
  return expect(
      PQexecParams(connection, "SELECT embedding FROM query ORDER BY id", 0, NULL, NULL, NULL,
                   NULL, 1),
      PGRES_TUPLES_OK, "queries");
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: LibPQWorker CONNECTION\n");
    return 64;
  }
  PGresult *queries = set_up(argv[1]);
  printf("ready\n");
  fflush(stdout);
  char line[256], mode[32];
  int first, count;
  while (fgets(line, sizeof line, stdin)) {
    struct checksum checksum = {0, 0, 0};
    if (sscanf(line, "%31s %d %d", mode, &first, &count) != 3) return 65;
    if (strcmp(mode, "single") == 0)
      run_single(&checksum, queries, first, count);
    else if (strcmp(mode, "pipeline") == 0)
      run_pipeline(&checksum, queries, first, count);
    else
      run_lateral(&checksum, first, count);
    printf("%ld %" PRIu64 "\n", checksum.rows, checksum.sum);
    fflush(stdout);
  }
  PQclear(queries);
  PQfinish(connection);
  return 0;
}
