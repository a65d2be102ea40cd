import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CONNECTION_ENDS } from '#src/base/connection-end.ts';
import { FAILURES } from '#src/base/failure.ts';
import { renderReasonsPage } from './reasons-page.ts';

const PAGE = join(import.meta.dirname, '../../docs/reasons.md');

test('docs/reasons.md is what the tables of reasons say', () => {
  const page = renderReasonsPage();
  if (process.env['WEIR_UPDATE_DOCS'] === '1') writeFileSync(PAGE, page);
  const advice = 'run this test with WEIR_UPDATE_DOCS=1 and commit docs/reasons.md';
  assert.equal(readFileSync(PAGE, 'utf8'), page, advice);
});

test('a reason is told in words that fit into a line and a table', () => {
  for (const [name, { means }] of [
    ...Object.entries(FAILURES),
    ...Object.entries(CONNECTION_ENDS),
  ]) {
    assert.match(name, /^[a-z][a-z0-9_]+$/);
    assert.match(means, /^[^|\n]{10,120}[^.|\n]$/, name);
  }
});
