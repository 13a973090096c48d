/* The ceiling: what both servers let through when the client does next to nothing of its own.
 *
 * Takes commands from a quorum queue, commits the rows of up to 500 of them in one statement, publishes
 * as many events, persistent and confirmed, takes them out of the outbox without waiting for the disk,
 * and acknowledges. The servers do what they do for a worker: the same bytes, rows and indexes. It does
 * NOT validate, decide, look anything up or survive an error: what a command says is cut out of its text
 * at known places, and the slug is the end of the venue's id. While PostgreSQL commits a batch, the one
 * before it is published, and while that is, the one before that leaves the outbox.
 *
 * Usage: ceiling QUEUE WRITE FORGET, the last two being SQL. Ends with 0 on SIGTERM, its batches done.
 */
#define _GNU_SOURCE
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <arpa/inet.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 500, PREFETCH = 2000, CHANNEL = 1, UUID = 36, SLUG = 28, IDLE_MICROSECONDS = 100000 };
#define TIME "2026-11-24T09:00:00.000000Z" /* any will do */
enum { TENANTS, COMMANDS, VENUES, EVENTS, FIELDS, BODIES, COLUMNS };
static const Oid ELEMENTS[COLUMNS] = {2950, 2950, 2950, 2950, 114, 25}; /* uuid, json, text */

typedef struct { char *bytes; size_t used, room; } Buffer;
typedef struct { char id[UUID + 1], venue[UUID + 1]; size_t at, size; } Event; /* body: in BODIES */
typedef struct { int count; uint64_t last_tag; Buffer columns[COLUMNS]; Event events[BATCH]; } Batch;

static amqp_connection_state_t consumer, publisher;
static PGconn *durable, *relaxed;
static volatile sig_atomic_t stopping;

static void stop(int signal) { (void)signal; stopping = 1; }

static void check(bool fine, const char *doing, const char *said) {
    if (!fine) fprintf(stderr, "ceiling: %s: %s\n", doing, said), exit(1);
}

/* -- Arrays in PostgreSQL's binary form: nothing to escape, nothing to parse. -- */

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

static void put_text(Buffer *to, const char *text, size_t size) {
    put_int(to, size);
    put(to, text, size);
}

static void put_uuid(Buffer *to, const char *text) {
    unsigned char bytes[16], *next = bytes;
    for (const char *at = text; at < text + UUID; at += *at == '-' ? 1 : 2)
        if (*at != '-') *next++ = (at[0] % 32 + 9) % 25 << 4 | (at[1] % 32 + 9) % 25;
    put_text(to, (char *)bytes, sizeof bytes);
}

static void put_header(Buffer *to, Oid element, int count) {
    uint32_t header[] = {htonl(1), 0, htonl(element), htonl(count), htonl(1)}; /* one dimension */
    if (!to->used) put(to, header, sizeof header);
    memcpy(to->bytes, header, sizeof header);
}

/* -- From a command's text to its rows and its event. -- */

static const char *find(amqp_bytes_t body, const char *name) {
    const char *at = memmem(body.bytes, body.len, name, strlen(name));
    check(at != NULL, "a command without", name);
    return at + strlen(name);
}

static void add(Batch *batch, const amqp_envelope_t *envelope) {
    static uint32_t counter;
    static char text[1 << 20];
    amqp_bytes_t body = envelope->message.body;
    const char *command = find(body, "\"id\":\""), *tenant = find(body, "\"tenantid\":\"");
    const char *venue = find(body, "\"subject\":\""), *fields = find(body, "\"data\":");
    int fields_size = (char *)body.bytes + body.len - 1 - fields; /* data stands last */
    Event *event = &batch->events[batch->count++];
    memcpy(event->venue, venue, UUID);
    snprintf(event->id, UUID + 1, "%08x-0000-7000-8000-0000%08x", (uint32_t)time(NULL), ++counter);
    event->size = snprintf(text, sizeof text,
        "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/venue-worker\",\"type\":\"venue.created\","
        "\"subject\":\"%s\",\"time\":\"" TIME "\",\"datacontenttype\":\"application/json\","
        "\"tenantid\":\"%.36s\",\"venueversion\":1,\"causationid\":\"%.36s\","
        "\"correlationid\":\"import-00000\",\"data\":{\"venue\":{\"id\":\"%s\",\"status\":\"pending\","
        "\"slug\":\"%s\",%.*s,\"created_at\":\"" TIME "\",\"updated_at\":\"" TIME "\"},"
        "\"changed\":[\"name\",\"type\",\"email\",\"website\",\"address\",\"location\","
        "\"timezone\",\"capacity\",\"features\",\"age_restriction\",\"tags\"]}}",
        event->id, event->venue, tenant, command, event->venue, event->venue + UUID - SLUG,
        fields_size - 2, fields + 1);
    check(event->size < sizeof text, "an event", "too large");
    put_uuid(&batch->columns[TENANTS], tenant);
    put_uuid(&batch->columns[COMMANDS], command);
    put_uuid(&batch->columns[VENUES], venue);
    put_uuid(&batch->columns[EVENTS], event->id);
    put_text(&batch->columns[FIELDS], fields, fields_size);
    put_text(&batch->columns[BODIES], text, event->size);
    event->at = batch->columns[BODIES].used - event->size;
    batch->last_tag = envelope->delivery_tag;
}

/* -- The steps, in the order in which a batch goes through them. -- */

static void take(Batch *batch, bool idle) {
    amqp_maybe_release_buffers(consumer);
    batch->count = 0;
    for (int i = 0; i < COLUMNS; i++) {
        batch->columns[i].used = 0;
        put_header(&batch->columns[i], ELEMENTS[i], 0);
    }
    while (batch->count < BATCH && !stopping) {
        amqp_envelope_t envelope;
        struct timeval patience = {0, idle && !batch->count ? IDLE_MICROSECONDS : 0};
        amqp_rpc_reply_t reply = amqp_consume_message(consumer, &envelope, &patience, 0);
        if (reply.library_error == AMQP_STATUS_TIMEOUT) break;
        check(reply.reply_type == AMQP_RESPONSE_NORMAL, "consuming", "the broker ended it");
        add(batch, &envelope);
        amqp_destroy_envelope(&envelope);
    }
}

static void ask(PGconn *to, const char *statement, Batch *batch, int first, int columns) {
    const char *values[COLUMNS];
    int sizes[COLUMNS], binary[COLUMNS] = {1, 1, 1, 1, 1, 1};
    for (int i = 0; i < columns; i++) {
        put_header(&batch->columns[first + i], ELEMENTS[first + i], batch->count);
        values[i] = batch->columns[first + i].bytes;
        sizes[i] = batch->columns[first + i].used;
    }
    check(PQsendQueryPrepared(to, statement, columns, values, sizes, binary, 1), statement,
          PQerrorMessage(to));
}

static void finish(PGconn *connection) {
    for (PGresult *result; (result = PQgetResult(connection)); PQclear(result))
        check(PQresultStatus(result) == PGRES_COMMAND_OK, "a statement", PQerrorMessage(connection));
}

static void publish(const Batch *batch, const Event *event) {
    amqp_table_entry_t venue = {
        amqp_cstring_bytes("venue-id"),
        {AMQP_FIELD_KIND_UTF8, {.bytes = amqp_cstring_bytes((char *)event->venue)}}};
    amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG |
                  AMQP_BASIC_TYPE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_HEADERS_FLAG,
        .content_type = amqp_cstring_bytes("application/cloudevents+json"),
        .delivery_mode = AMQP_DELIVERY_PERSISTENT,
        .type = amqp_cstring_bytes("venue.created"),
        .message_id = amqp_cstring_bytes((char *)event->id),
        .headers = {1, &venue}};
    amqp_bytes_t body = {event->size, batch->columns[BODIES].bytes + event->at};
    check(!amqp_basic_publish(publisher, CHANNEL, amqp_cstring_bytes("venue.events"), properties.type,
                              1, 0, &properties, body), "publishing", "connection lost");
}

static void await_confirms(uint64_t first, int missing) {
    bool confirmed[BATCH] = {false};
    while (missing) {
        amqp_frame_t frame;
        check(!amqp_simple_wait_frame(publisher, &frame), "publishing", "connection lost");
        check(frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_BASIC_ACK_METHOD,
              "publishing", "the broker did not take an event");
        amqp_basic_ack_t *ack = frame.payload.method.decoded;
        for (uint64_t tag = ack->multiple ? first : ack->delivery_tag; tag <= ack->delivery_tag; tag++)
            if (!confirmed[tag - first]) missing -= confirmed[tag - first] = true;
    }
    amqp_maybe_release_buffers(publisher);
}

static void publish_all(const Batch *batch) {
    static uint64_t published; /* the broker counts them from 1 too */
    for (int i = 0; i < batch->count; i++) publish(batch, &batch->events[i]);
    await_confirms(published + 1, batch->count);
    published += batch->count;
}

static void run(void) {
    static Batch one, other;
    Batch *next = &one, *last = &other;
    uint64_t forgetting = 0; /* the last command whose event is leaving the outbox */
    while (!stopping || last->count || forgetting) {
        take(next, !last->count && !forgetting);
        if (next->count) ask(durable, "write", next, 0, COLUMNS);
        if (last->count) publish_all(last);
        if (forgetting) {
            finish(relaxed);
            check(!amqp_basic_ack(consumer, CHANNEL, forgetting, 1), "RabbitMQ", "connection lost");
        }
        if (last->count) ask(relaxed, "forget", last, EVENTS, 1);
        forgetting = last->count ? last->last_tag : 0;
        if (next->count) finish(durable);
        Batch *done = last;
        last = next, next = done;
    }
}

static amqp_connection_state_t broker(void) {
    char url[1024];
    struct amqp_connection_info at;
    snprintf(url, sizeof url, "%s", getenv("VENUE_AMQP_URL"));
    check(!amqp_parse_url(url, &at), "VENUE_AMQP_URL", "not understood");
    amqp_connection_state_t connection = amqp_new_connection();
    check(!amqp_socket_open(amqp_tcp_socket_new(connection), at.host, at.port), url, "no answer");
    amqp_rpc_reply_t reply = amqp_login(connection, *at.vhost ? at.vhost : "/", 0, 131072, 0,
                                        AMQP_SASL_METHOD_PLAIN, at.user, at.password);
    check(reply.reply_type == AMQP_RESPONSE_NORMAL && amqp_channel_open(connection, CHANNEL),
          "RabbitMQ", "login refused");
    return connection;
}

static PGconn *database(const char *name, const char *statement, const char *setting) {
    PGconn *connection = PQconnectdb(getenv("VENUE_DATABASE_URL"));
    PQclear(PQexec(connection, setting));
    PGresult *result = PQprepare(connection, name, statement, 0, NULL);
    check(PQresultStatus(result) == PGRES_COMMAND_OK, name, PQerrorMessage(connection));
    PQclear(result);
    return connection;
}

int main(int count, char **words) {
    check(count == 4 && getenv("VENUE_AMQP_URL") && getenv("VENUE_DATABASE_URL"), "usage",
          "ceiling QUEUE WRITE FORGET, with VENUE_AMQP_URL and VENUE_DATABASE_URL set");
    signal(SIGTERM, stop);
    durable = database("write", words[2], "SET synchronous_commit = on");
    relaxed = database("forget", words[3], "SET synchronous_commit = off");
    publisher = broker();
    consumer = broker();
    amqp_bytes_t queue = amqp_cstring_bytes(words[1]);
    check(amqp_confirm_select(publisher, CHANNEL) && amqp_basic_qos(consumer, CHANNEL, 0, PREFETCH, 0) &&
              amqp_basic_consume(consumer, CHANNEL, queue, amqp_empty_bytes, 0, 0, 0, amqp_empty_table),
          "RabbitMQ", "it does not let us consume");
    run();
    amqp_connection_close(consumer, AMQP_REPLY_SUCCESS);
    amqp_connection_close(publisher, AMQP_REPLY_SUCCESS);
    return 0;
}
