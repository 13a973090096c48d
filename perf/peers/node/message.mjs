// The message: a CloudEvent with a new venue, validated by Ajv against the published JSON Schema.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { isPossiblePhoneNumber } from 'libphonenumber-js';
import { configure } from 'safe-stable-stringify';

const schema = JSON.parse(
  readFileSync(new URL('../../../schemas/commands/venue.create.json', import.meta.url)),
);
const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);
const isValid = ajv.compile(schema);
const stringify = configure({ deterministic: true });
const regions = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
const checked = new Map();

// The fields of a venue stand in the order of the schema, whatever order they came in.
const FIELDS = Object.keys(schema.properties.data.properties).filter((name) => name !== 'slug');

/** Read a body; what throws here is handed back and ends in venue.dead. */
export function decoded(body) {
  const message = JSON.parse(body);
  if (!isValid(message)) throw new Error(ajv.errorsText(isValid.errors));
  const { data } = message;
  require('country', data.address.country, (code) => regions.of(code) !== undefined);
  require('timezone', data.timezone, isZone);
  require('phone', data.phone, isPossiblePhoneNumber);
  return {
    ...message,
    id: message.id.toLowerCase(),
    subject: message.subject.toLowerCase(),
    tenantid: message.tenantid.toLowerCase(),
    fields: merged(Object.fromEntries(FIELDS.map((name) => [name, data[name] ?? null]))),
    digest: digest(message),
  };
}

// A merge patch of nothing (RFC 7396): what is null is absent.
function merged(value) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  const given = Object.entries(value).filter(([, one]) => one !== null);
  return Object.fromEntries(given.map(([name, one]) => [name, merged(one)]));
}

// What JSON Schema cannot say; remembered, since a world of venues has few countries and zones.
function require(name, value, test) {
  if (value == null) return;
  const key = `${name} ${value}`;
  if (!checked.has(key)) checked.set(key, test(value));
  if (!checked.get(key)) throw new Error(`${name} ${value} does not exist`);
}

function isZone(name) {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

function digest({ type, subject, actorid, expectedversion, notbefore, data }) {
  const content = [type, subject.toLowerCase(), actorid, expectedversion, notbefore, data];
  const text = stringify(content.map((value) => value ?? null));
  // In ASCII, as the other workers have it: a resend may meet either.
  const ascii = text.replace(/[\u007f-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return createHash('sha256').update(ascii).digest();
}
