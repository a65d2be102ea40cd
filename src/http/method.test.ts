import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isIdempotent } from './method.ts';

test('only what RFC 9110 §9.2.2 calls idempotent may be sent twice', () => {
  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
    assert.equal(isIdempotent(method), true, method);
  }
  for (const method of ['POST', 'PATCH', 'CONNECT', 'get', 'PROPFIND', '', 'constructor']) {
    assert.equal(isIdempotent(method), false, method);
  }
});
