import assert from 'node:assert/strict';
import { STATUS_CODES } from 'node:http';
import { test } from 'node:test';
import { FAILURES, type FailureTraits } from '#src/base/failure.ts';
import { hasNoBody, reasonPhrase } from './status.ts';

/** Registered since, renamed by RFC 9110, or never used: Node has its own list. */
const OTHERWISE = new Set([413, 418, 422, 509]);

test('reason phrases are those of the registry', () => {
  for (let status = 100; status < 600; status++) {
    const phrase = reasonPhrase(status);
    if (phrase !== '' && !OTHERWISE.has(status)) assert.equal(phrase, STATUS_CODES[status]);
  }
  assert.equal(reasonPhrase(413), 'Content Too Large');
  assert.equal(reasonPhrase(599), '');
});

test('every status that we answer with on our own has a phrase', () => {
  for (const { status } of Object.values<FailureTraits>(FAILURES)) {
    // 499 is nginx's: for the log, never sent.
    if (status !== 0 && status !== 499) assert.notEqual(reasonPhrase(status), '', String(status));
  }
});

test('1xx, 204 and 304 have no body', () => {
  assert.deepEqual([100, 101, 199, 204, 304].map(hasNoBody), [true, true, true, true, true]);
  assert.deepEqual([200, 205, 206, 303, 404].map(hasNoBody), [false, false, false, false, false]);
});
