/* The ceiling: what both servers let through when the client does next to nothing of its own.
 *
 * Takes commands from a quorum queue, commits the rows of a venue.create for up to 500 of them in one
 * statement (which is one transaction), publishes 500 events persistent and confirmed, takes them out
 * of the outbox without waiting for the disk, and acknowledges: the broker moves the same bytes and
 * PostgreSQL keeps the same rows under the same indexes as for a worker. It does NOT validate, decide,
 * look anything up, or survive an error: what a command says is cut out of its text at known places,
 * and the slug is the venue's id. While PostgreSQL commits one batch, the one before is published.
 *
 * Usage: ceiling QUEUE, with VENUE_AMQP_URL and VENUE_DATABASE_URL set. Ends with 0 on SIGTERM.
 */
#define _GNU_SOURCE
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <arpa/inet.h>
#include <libpq-fe.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 500, PREFETCH = 2000, CHANNEL = 1, UUID = 36, IDLE_MICROSECONDS = 100000 };
enum { TENANTS, COMMANDS, VENUES, EVENTS, FIELDS, BODIES, COLUMNS };
enum { OID_INT8 = 20, OID_TEXT = 25, OID_JSON = 114, OID_UUID = 2950 };
static const Oid ELEMENTS[COLUMNS] = {OID_UUID, OID_UUID, OID_UUID, OID_UUID, OID_JSON, OID_TEXT};
static const int BINARY[COLUMNS] = {1, 1, 1, 1, 1, 1};

static const char WRITE[] =
    "WITH new AS (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::json[],"
    "     $6::text[]) WITH ORDINALITY AS n (tenant, command, venue, event, fields, body, nth)),"
    " outcomes AS (INSERT INTO command_outcome (tenant_id, command_id, type, digest, venue_id, status,"
    "     version, decided_at) SELECT tenant, command, 'venue.create', uuid_send(command) ||"
    "     uuid_send(venue), venue, 'applied', 1, now() FROM new"
    "     ON CONFLICT ON CONSTRAINT command_outcome_pkey DO NOTHING),"
    " venues AS (INSERT INTO venue (tenant_id, id, version, status, slug, fields, created_at,"
    "     updated_at) SELECT tenant, venue, 1, 'pending', venue::text, fields, now(), now() FROM new"
    "     ON CONFLICT ON CONSTRAINT venue_pkey DO NOTHING),"
    " events AS (INSERT INTO venue_event (id, tenant_id, venue_id, venue_version, type, command_id,"
    "     occurred_at, body) SELECT event, tenant, venue, 1, 'venue.created', command, now(), body"
    "     FROM new)"
    " INSERT INTO outbox (event_id, tenant_id, venue_id) SELECT event, tenant, venue FROM new"
    "     ORDER BY nth RETURNING position";
static const char FORGET[] = "DELETE FROM outbox WHERE position = ANY ($1::bigint[])";

typedef struct { char *bytes; size_t used, room; } Buffer;
typedef struct { char id[UUID + 1], venue[UUID + 1]; size_t at, size; } Event;
typedef struct {
    int count;
    uint64_t last_tag;
    Buffer columns[COLUMNS], positions;
    Event events[BATCH];  /* `at` and `size` tell where each body is in columns[BODIES] */
} Batch;

static amqp_connection_state_t consumer, publisher;
static PGconn *durable, *relaxed;
static uint64_t published;  /* the broker counts publishes from 1, and so do we */
static volatile sig_atomic_t stopping;

static void stop(int signal) { (void)signal; stopping = 1; }

static void check(bool fine, const char *doing, const char *said) {
    if (fine) return;
    fprintf(stderr, "ceiling: %s: %s\n", doing, said);
    exit(1);
}

/* -- arrays in PostgreSQL's binary form: nothing to escape, nothing to parse -- */

static void put(Buffer *to, const void *bytes, size_t size) {
    if (to->used + size > to->room) {
        to->room = 2 * (to->used + size);
        check((to->bytes = realloc(to->bytes, to->room)) != NULL, "a batch", "out of memory");
    }
    memcpy(to->bytes + to->used, bytes, size);
    to->used += size;
}

static void put_int(Buffer *to, uint32_t value) {
    value = htonl(value);
    put(to, &value, sizeof value);
}

static void begin_array(Buffer *to, Oid element, int count) {
    to->used = 0;
    put_int(to, 1);  /* dimension */
    put_int(to, 0);  /* no NULLs */
    put_int(to, element);
    put_int(to, count);
    put_int(to, 1);  /* counted from */
}

static void count_array(Buffer *to, int count) {
    uint32_t value = htonl(count);
    memcpy(to->bytes + 3 * sizeof value, &value, sizeof value);
}

static void put_uuid(Buffer *to, const char *text) {
    unsigned char bytes[16], *next = bytes;
    for (const char *at = text; at < text + UUID; at += *at == '-' ? 1 : 2)
        if (*at != '-')
            *next++ = (at[0] % 32 + 9) % 25 << 4 | (at[1] % 32 + 9) % 25;
    put_int(to, sizeof bytes);
    put(to, bytes, sizeof bytes);
}

/* -- from a command's text to its rows and its event -- */

static const char *find(amqp_bytes_t body, const char *name) {
    const char *at = memmem(body.bytes, body.len, name, strlen(name));
    check(at != NULL, "a command without", name);
    return at + strlen(name);
}

static void new_event_id(char *text) {
    static uint32_t counter;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    unsigned long long ms = now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
    snprintf(text, UUID + 1, "%08llx-%04llx-7000-8000-%012x", ms >> 16, ms & 0xffff, counter++);
}

static void put_event(Batch *batch, Event *event, const char *tenant, const char *command,
                      const char *fields, int fields_size, const char *time) {
    static char text[1 << 20];
    int size = snprintf(text, sizeof text,
        "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/venue-worker\",\"type\":\"venue.created\","
        "\"subject\":\"%s\",\"time\":\"%s\",\"datacontenttype\":\"application/json\","
        "\"tenantid\":\"%.36s\",\"venueversion\":1,\"causationid\":\"%.36s\","
        "\"correlationid\":\"import-00000\",\"data\":{\"venue\":{\"id\":\"%s\",\"status\":\"pending\","
        "\"slug\":\"%s\",%.*s,\"created_at\":\"%s\",\"updated_at\":\"%s\"},\"changed\":[\"name\",\"type\","
        "\"email\",\"website\",\"address\",\"location\",\"timezone\",\"capacity\",\"features\","
        "\"age_restriction\",\"tags\"]}}",
        event->id, event->venue, time, tenant, command, event->venue, event->venue,
        fields_size - 2, fields + 1, time, time);
    check(size < (int)sizeof text, "an event", "too large");
    put_int(&batch->columns[BODIES], size);
    event->at = batch->columns[BODIES].used;
    event->size = size;
    put(&batch->columns[BODIES], text, size);
}

static void add(Batch *batch, const amqp_envelope_t *envelope, const char *time) {
    amqp_bytes_t body = envelope->message.body;
    Event *event = &batch->events[batch->count++];
    const char *command = find(body, "\"id\":\""), *tenant = find(body, "\"tenantid\":\"");
    const char *fields = find(body, "\"data\":"), *venue = find(body, "\"subject\":\"");
    int fields_size = (char *)body.bytes + body.len - 1 - fields;  /* data stands last */
    snprintf(event->venue, sizeof event->venue, "%s", venue);
    new_event_id(event->id);
    put_uuid(&batch->columns[TENANTS], tenant);
    put_uuid(&batch->columns[COMMANDS], command);
    put_uuid(&batch->columns[VENUES], venue);
    put_uuid(&batch->columns[EVENTS], event->id);
    put_int(&batch->columns[FIELDS], fields_size);
    put(&batch->columns[FIELDS], fields, fields_size);
    put_event(batch, event, tenant, command, fields, fields_size, time);
    batch->last_tag = envelope->delivery_tag;
}

/* -- the steps, in the order in which a batch goes through them -- */

static void take(Batch *batch, bool idle) {
    struct timeval patience = {0, idle ? IDLE_MICROSECONDS : 0}, none = {0, 0};
    char text[40];
    time_t now = time(NULL);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000000Z", gmtime(&now));
    batch->count = 0;
    for (int column = 0; column < COLUMNS; column++)
        begin_array(&batch->columns[column], ELEMENTS[column], 0);
    amqp_maybe_release_buffers(consumer);
    while (batch->count < BATCH && !stopping) {
        amqp_envelope_t envelope;
        amqp_rpc_reply_t reply =
            amqp_consume_message(consumer, &envelope, batch->count ? &none : &patience, 0);
        if (reply.library_error == AMQP_STATUS_TIMEOUT) break;
        check(reply.reply_type == AMQP_RESPONSE_NORMAL, "consuming",
              amqp_error_string2(reply.library_error));
        add(batch, &envelope, text);
        amqp_destroy_envelope(&envelope);
    }
}

static void begin_commit(Batch *batch) {
    const char *values[COLUMNS];
    int sizes[COLUMNS];
    for (int column = 0; column < COLUMNS; column++) {
        count_array(&batch->columns[column], batch->count);
        values[column] = batch->columns[column].bytes;
        sizes[column] = batch->columns[column].used;
    }
    check(PQsendQueryPrepared(durable, "write", COLUMNS, values, sizes, BINARY, 1), "writing",
          PQerrorMessage(durable));
}

static PGresult *result_of(PGconn *connection, ExecStatusType expected) {
    PGresult *result = PQgetResult(connection);
    check(PQresultStatus(result) == expected, "a statement", PQerrorMessage(connection));
    PQclear(PQgetResult(connection));  /* the NULL that ends it */
    return result;
}

static void finish_commit(Batch *batch) {
    PGresult *result = result_of(durable, PGRES_TUPLES_OK);
    begin_array(&batch->positions, OID_INT8, batch->count);
    for (int row = 0; row < batch->count; row++) {
        put_int(&batch->positions, 8);
        put(&batch->positions, PQgetvalue(result, row, 0), 8);
    }
    PQclear(result);
}

static void publish(const Batch *batch, const Event *event) {
    amqp_table_entry_t venue = {amqp_cstring_bytes("venue-id"), {.kind = AMQP_FIELD_KIND_UTF8}};
    venue.value.value.bytes = amqp_cstring_bytes(event->venue);
    amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_TYPE_FLAG |
                  AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_HEADERS_FLAG,
        .content_type = amqp_cstring_bytes("application/cloudevents+json"),
        .delivery_mode = 2,
        .type = amqp_cstring_bytes("venue.created"),
        .message_id = amqp_cstring_bytes(event->id),
        .headers = {1, &venue}};
    amqp_bytes_t body = {event->size, batch->columns[BODIES].bytes + event->at};
    int status = amqp_basic_publish(publisher, CHANNEL, amqp_cstring_bytes("venue.events"),
                                    properties.type, 1, 0, &properties, body);
    check(status == AMQP_STATUS_OK, "publishing", amqp_error_string2(status));
}

static void await_confirms(int count) {
    uint64_t first = published + 1 - count;
    bool confirmed[BATCH] = {false};
    for (int missing = count; missing;) {
        amqp_frame_t frame;
        int status = amqp_simple_wait_frame(publisher, &frame);
        check(status == AMQP_STATUS_OK, "confirms", amqp_error_string2(status));
        check(frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_BASIC_ACK_METHOD,
              "confirms", "the broker did not take an event");
        amqp_basic_ack_t *ack = frame.payload.method.decoded;
        for (uint64_t tag = ack->multiple ? first : ack->delivery_tag; tag <= ack->delivery_tag; tag++)
            if (!confirmed[tag - first]) missing -= confirmed[tag - first] = true;
    }
    amqp_maybe_release_buffers(publisher);
}

static void publish_all(const Batch *batch) {
    int on = 1, off = 0, socket = amqp_get_sockfd(publisher);
    /* The library sends each event in three pieces: let them travel together. */
    setsockopt(socket, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
    for (int i = 0; i < batch->count; i++) publish(batch, &batch->events[i]);
    published += batch->count;
    setsockopt(socket, IPPROTO_TCP, TCP_CORK, &off, sizeof off);
    await_confirms(batch->count);
}

static void begin_forget(const Batch *batch) {
    const char *value = batch->positions.bytes;
    int size = batch->positions.used;
    check(PQsendQueryPrepared(relaxed, "forget", 1, &value, &size, BINARY, 1), "forgetting",
          PQerrorMessage(relaxed));
}

static void finish_forget(uint64_t last_tag) {
    PQclear(result_of(relaxed, PGRES_COMMAND_OK));
    int status = amqp_basic_ack(consumer, CHANNEL, last_tag, 1);
    check(status == AMQP_STATUS_OK, "acknowledging", amqp_error_string2(status));
}

static void run(void) {
    static Batch batches[2];
    Batch *next = &batches[0], *committed = &batches[1];
    uint64_t forgetting = 0;
    while (!stopping || committed->count || forgetting) {
        take(next, !committed->count && !forgetting);
        if (next->count) begin_commit(next);
        if (committed->count) publish_all(committed);
        if (forgetting) finish_forget(forgetting);
        forgetting = committed->count ? committed->last_tag : 0;
        if (committed->count) begin_forget(committed);
        if (next->count) finish_commit(next);
        Batch *done = committed;
        committed = next;
        next = done;
    }
}

/* -- connections -- */

static amqp_connection_state_t connect_broker(void) {
    static char url[1024];
    struct amqp_connection_info at;
    snprintf(url, sizeof url, "%s", getenv("VENUE_AMQP_URL"));
    check(amqp_parse_url(url, &at) == AMQP_STATUS_OK, "VENUE_AMQP_URL", "not understood");
    amqp_connection_state_t connection = amqp_new_connection();
    amqp_socket_t *socket = amqp_tcp_socket_new(connection);
    check(amqp_socket_open(socket, at.host, at.port) == AMQP_STATUS_OK, "RabbitMQ", "no answer");
    const char *vhost = *at.vhost ? at.vhost : "/";
    amqp_rpc_reply_t reply = amqp_login(connection, vhost, 0, AMQP_DEFAULT_FRAME_SIZE, 0,
                                        AMQP_SASL_METHOD_PLAIN, at.user, at.password);
    check(reply.reply_type == AMQP_RESPONSE_NORMAL, "RabbitMQ", "login refused");
    check(amqp_channel_open(connection, CHANNEL) != NULL, "RabbitMQ", "no channel");
    return connection;
}

static PGconn *connect_database(const char *name, const char *statement, const char *setting) {
    PGconn *connection = PQconnectdb(getenv("VENUE_DATABASE_URL"));
    check(PQstatus(connection) == CONNECTION_OK, "PostgreSQL", PQerrorMessage(connection));
    PQclear(PQexec(connection, setting));
    PGresult *result = PQprepare(connection, name, statement, 0, NULL);
    check(PQresultStatus(result) == PGRES_COMMAND_OK, name, PQerrorMessage(connection));
    PQclear(result);
    return connection;
}

int main(int count, char **words) {
    check(count == 2 && getenv("VENUE_AMQP_URL") && getenv("VENUE_DATABASE_URL"), "usage",
          "ceiling QUEUE, with VENUE_AMQP_URL and VENUE_DATABASE_URL set");
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    durable = connect_database("write", WRITE, "SET synchronous_commit = on");
    relaxed = connect_database("forget", FORGET, "SET synchronous_commit = off");
    publisher = connect_broker();
    consumer = connect_broker();
    check(amqp_confirm_select(publisher, CHANNEL) != NULL, "RabbitMQ", "no confirms");
    check(amqp_basic_qos(consumer, CHANNEL, 0, PREFETCH, 0) != NULL, "RabbitMQ", "no prefetch");
    check(amqp_basic_consume(consumer, CHANNEL, amqp_cstring_bytes(words[1]), amqp_empty_bytes, 0, 0, 0,
                             amqp_empty_table) != NULL, "RabbitMQ", "not consuming");
    run();
    amqp_connection_close(consumer, AMQP_REPLY_SUCCESS);
    amqp_connection_close(publisher, AMQP_REPLY_SUCCESS);
    PQfinish(durable);
    PQfinish(relaxed);
    return 0;
}
