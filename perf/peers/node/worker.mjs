// A venue worker on amqplib and pg, one message at a time, as many of them at once as prefetch lets.
// Each is one statement that writes inbox, venue, event and outbox (and is a transaction by itself), one
// confirmed publish, one removal from the outbox and one ack.
//
// Usage: node worker.mjs QUEUE PREFETCH CONNECTIONS, with VENUE_AMQP_URL and VENUE_DATABASE_URL set.

import { connect } from 'amqplib';
import { open, sql } from './database.mjs';
import { decide, eventOf, slugBase } from './decide.mjs';
import { decoded } from './message.mjs';

const RACES = new Set(['23505', '23P01']); // SQLSTATEs of a key that is taken
const TRIES = 5;
const { VENUE_AMQP_URL: broker, VENUE_DATABASE_URL: url } = process.env;
const [queue, prefetch, connections] = process.argv.slice(2);

const reader = await open(url, 1);
const writer = await open(url, Number(connections));
// Losing a removal in a crash costs a second copy of an event: no need to wait for the disk.
const relaxed = await open(url, 1, '-c synchronous_commit=off');

async function commit(command) {
  const { id, tenantid, subject, type, digest, fields } = command;
  const now = new Date();
  const base = slugBase(command);
  const looked = await reader.query(sql.look, [tenantid, subject, base]);
  const decision = decide(command, base, looked.rows[0]);
  const { problem, slug = null } = decision;
  const [status, version] = problem ? ['rejected', looked.rows[0].version] : ['applied', 1];
  const event = eventOf(command, decision, now);
  const written = await writer.query(sql.write, [
    tenantid, id, type, digest, subject, status, version, problem ? JSON.stringify([problem]) : null,
    now, slug, slug && JSON.stringify(fields), event.id, event.type, event.body,
  ]);
  if (written.rows.length) return { ...event, position: written.rows[0].position };
  const left = await reader.query(sql.unpublished, [tenantid, subject, id]);
  return left.rows[0];
}

function publish(channel, { id, type, venue_id: venue, body }) {
  return new Promise((resolve, reject) => {
    const properties = {
      persistent: true,
      contentType: 'application/cloudevents+json',
      messageId: id,
      type,
      headers: { 'venue-id': venue },
    };
    const settle = (error) => (error ? reject(error) : resolve());
    channel.publish('venue.events', type, Buffer.from(body), properties, settle);
  });
}

// Another message may have taken the slug since it was looked up: then decide anew.
async function settled(command, tries = TRIES) {
  try {
    return await commit(command);
  } catch (error) {
    if (tries === 1 || !RACES.has(error.code)) throw error;
    return settled(command, tries - 1);
  }
}

async function handle(events, message) {
  const event = await settled(decoded(message.content));
  if (!event) return;
  await publish(events, event);
  await relaxed.query(sql.forget, [event.position]);
}

// Two connections: a broker that is short of memory blocks those that publish, and acks are to go on.
const [into, out] = await Promise.all([connect(broker), connect(broker)]);
const [commands, events] = await Promise.all([into.createChannel(), out.createConfirmChannel()]);
const inHand = new Set();

await commands.prefetch(Number(prefetch));
const { consumerTag } = await commands.consume(queue, (message) => {
  const handling = handle(events, message)
    .then(() => commands.ack(message), (error) => {
      console.error(error.message);
      commands.nack(message);
    })
    .finally(() => inHand.delete(handling));
  inHand.add(handling);
});

process.once('SIGTERM', async () => {
  await commands.cancel(consumerTag);
  await Promise.all(inHand);
  await Promise.all([into, out, reader, writer, relaxed].map((one) => one.close()));
});
