import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latin1 } from './latin1.ts';

test('every byte becomes one char, and back', () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const text = latin1(bytes, 0, 256);
  assert.equal(text.length, 256);
  for (let byte = 0; byte < 256; byte++) assert.equal(text.charCodeAt(byte), byte);
  assert.deepEqual(Buffer.from(text, 'latin1'), bytes);
});

test('only the bytes asked for, as a copy', () => {
  const bytes = Buffer.from('0123456789');
  const text = latin1(bytes, 2, 5);
  bytes.fill('!');
  assert.equal(text, '234');
  assert.equal(latin1(bytes, 3, 3), '');
});
