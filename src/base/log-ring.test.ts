import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogRing } from './log-ring.ts';

test('holds all lines until it is full, then the last whole ones', () => {
  const ring = new LogRing(32);
  assert.equal(ring.lines().toString(), '');
  ring.write('one\n');
  ring.write('two\n');
  assert.equal(ring.lines().toString(), 'one\ntwo\n');
  for (let n = 0; n < 1000; n++) {
    ring.write(`line ${n} ü\n`);
    const text = ring.lines().toString();
    assert.ok(text.endsWith(`line ${n} ü\n`), text);
    assert.ok(Buffer.byteLength(text) <= 32);
    if (n > 3) assert.match(text, /^(?:line \d+ ü\n)+$/);
  }
});

test('a line that is longer than the ring leaves nothing whole', () => {
  const ring = new LogRing(8);
  ring.write(`${'x'.repeat(20)}\n`);
  assert.equal(ring.lines().toString(), '');
  ring.write('ok\n');
  assert.equal(ring.lines().toString(), 'ok\n');
});
