import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHttpTime } from './http-time.ts';

test('the three forms of RFC 9110 mean one time', () => {
  const ms = 784_111_777_000;
  assert.equal(parseHttpTime('Sun, 06 Nov 1994 08:49:37 GMT'), ms);
  assert.equal(parseHttpTime('Sunday, 06-Nov-94 08:49:37 GMT'), ms);
  assert.equal(parseHttpTime('Sun Nov  6 08:49:37 1994'), ms);
});

test('anything else is none', () => {
  const none = [
    '',
    '0',
    '1994',
    'yesterday',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 99 Abc 1994 08:49:37 GMT',
  ];
  for (const text of none) assert.equal(parseHttpTime(text), undefined, text);
});
