// What becomes of a venue.create from an upstream service (no actorid), and the event that tells it.

import slugify from 'slugify';
import { v7 } from 'uuid';

// No words for signs, as the other workers have it.
slugify.extend(Object.fromEntries([...'$%&<>|'].map((sign) => [sign, ' '])));
const LONGEST = 72; // of a slug's 80 characters, 8 are kept free for a number

/** The slug that is asked for, or where the numbering of the venue's begins. */
export function slugBase({ data, subject }) {
  if (data.slug) return data.slug;
  const made = slugify(data.name, { lower: true, strict: true });
  return made.slice(0, LONGEST).replace(/^-+|-+$/g, '') || `venue-${subject.slice(-12)}`;
}

/** Decide a command: the new venue, or the problem with it. */
export function decide(command, base, { id_used: used, slugs }) {
  const problem = problemOf(command, used, new Set(slugs));
  return problem ? { problem } : { slug: command.data.slug ?? free(base, new Set(slugs)) };
}

function problemOf({ subject, expectedversion, data, fields }, used, taken) {
  if (used) {
    const message = `the id ${subject} is or was a venue's and is never reused; choose another`;
    return problem('venue_exists', message);
  }
  if (expectedversion) {
    const message = `the venue is at version 0, not ${expectedversion}; read it again and decide anew`;
    return problem('version_conflict', message);
  }
  if (data.slug && taken.has(data.slug)) {
    return problem('slug_taken', `another venue of the tenant has the slug ${data.slug}`, '/slug');
  }
  const { max, seated = 0, standing = 0, vip = 0 } = fields.capacity ?? {};
  const parts = seated + standing + vip;
  if (max !== undefined && parts > max) {
    const message = `seated, standing and vip come to ${parts}, more than max, ${max}`;
    return problem('capacity_exceeded', message, '/capacity');
  }
  return null;
}

function problem(code, message, field = null) {
  return { code, field, message };
}

function free(base, taken) {
  let slug = base;
  for (let number = 2; taken.has(slug); number += 1) slug = `${base}-${number}`;
  return slug;
}

/** The event that tells of a decision, in its envelope. */
export function eventOf(command, { slug, problem }, now) {
  const type = problem ? 'venue.command.rejected' : 'venue.created';
  const id = v7();
  const time = now.toISOString();
  const body = JSON.stringify({
    specversion: '1.0',
    id,
    source: '/venue-worker',
    type,
    subject: command.subject,
    time,
    datacontenttype: 'application/json',
    tenantid: command.tenantid,
    venueversion: problem ? undefined : 1,
    traceparent: command.traceparent ?? undefined,
    tracestate: command.tracestate ?? undefined,
    causationid: command.id,
    correlationid: command.correlationid ?? command.id,
    data: problem ? refused(command, problem) : created(command, slug, time),
  });
  return { id, type, venue_id: command.subject, body };
}

function created({ subject, fields, data }, slug, time) {
  const venue = { id: subject, status: 'pending', slug, ...fields, created_at: time, updated_at: time };
  return { venue, changed: [...Object.keys(fields), ...(data.slug ? ['slug'] : [])] };
}

function refused({ id, type, source, time }, problem) {
  return { command: { id, type, source, time: time ?? null, actorid: null }, errors: [problem] };
}
