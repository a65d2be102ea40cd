import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentTypeOf } from './content-type.ts';
import { DEFAULT_TYPES } from './types-argument.ts';

const content = { defaultType: 'text/plain', types: DEFAULT_TYPES };

const CASES: readonly (readonly [path: string, type: string])[] = [
  ['/', 'text/plain'],
  ['/a.html', 'text/html'],
  ['/A.HTML', 'text/html'],
  ['/a.b.gif', 'image/gif'],
  ['/a.gif/b', 'text/plain'],
  ['/a.', 'text/plain'],
  ['/a.unknown', 'text/plain'],
  [`/a.${'x'.repeat(10_000)}`, 'text/plain'],
];

for (const [path, type] of CASES) {
  test(`${path.slice(0, 20)} is ${type}`, () => assert.equal(contentTypeOf(content, path), type));
}
