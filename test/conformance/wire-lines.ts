// What wire cases say about the lines of a head.

import assert from 'node:assert/strict';

/** Of a head, start line and field lines. */
export interface ExpectedLines {
  /** The start line. */
  readonly line?: string | RegExp;
  /** All lines in order, without our own Via. */
  readonly lines?: readonly string[];
  /** Lines it has, and patterns that none of its lines matches. */
  readonly has?: readonly (string | RegExp)[];
  readonly lacks?: readonly RegExp[];
  /** Lines it has, in this order. */
  readonly order?: readonly string[];
}

/** Every request to an endpoint has it (RFC 9110 §7.6.3); via.test.ts is about it. */
export const OWN_VIA = /^Via: 1\.[01] weir-[0-9a-f]{8}$/;

/** @throws AssertionError that shows all lines */
export function checkLines(seen: readonly string[], expected: ExpectedLines): void {
  const { line, lines, has = [], lacks = [], order } = expected;
  const all = seen.join('\n');
  if (typeof line === 'string') assert.equal(seen[0], line);
  else if (line !== undefined) assert.match(seen[0] ?? '', line);
  if (lines !== undefined) {
    assert.deepEqual(
      seen.filter((text) => !OWN_VIA.test(text)),
      lines,
    );
  }
  if (order !== undefined) {
    const found = seen.filter((text) => order.includes(text));
    assert.deepEqual(found, order);
  }
  for (const wanted of has) {
    const isThere = seen.some((text) =>
      typeof wanted === 'string' ? text === wanted : wanted.test(text),
    );
    assert.ok(isThere, `has ${wanted}:\n${all}`);
  }
  for (const unwanted of lacks) {
    const found = seen.filter((text) => unwanted.test(text));
    assert.deepEqual(found, [], `lacks ${unwanted}:\n${all}`);
  }
}
