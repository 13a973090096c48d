// PostgreSQL through pipelined connections: a statement is sent without waiting for the answer to the
// one before it, so that many travel and are answered together. Each is a transaction by itself.

import { readFileSync } from 'node:fs';
import pg from 'pg';

/** Open so many connections; statements go to them in turn. A lost one ends the process. */
export async function open(connectionString, count, options = '') {
  const clients = Array.from(
    { length: count },
    () => new pg.Client({ connectionString, options, pipeline: true }),
  );
  await Promise.all(clients.map((client) => client.connect()));
  let turn = 0;
  return {
    query(statement, values) {
      turn = (turn + 1) % count;
      return clients[turn].query({ ...statement, values });
    },
    close: () => Promise.all(clients.map((client) => client.end())),
  };
}

/** The statements that all peers share, named, so that each connection prepares them once. */
export const sql = Object.fromEntries(
  ['look', 'write', 'unpublished', 'forget'].map((name) => [
    name,
    { name, text: readFileSync(new URL(`../sql/${name}.sql`, import.meta.url), 'utf8') },
  ]),
);
