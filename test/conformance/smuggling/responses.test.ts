// Smuggling, towards the client: whatever an endpoint answers, the client sees one canonical answer, or
// 502, or a body that visibly breaks off; what was left over answers nobody, and the connection it
// came by is not used again.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BODIES } from '#test/conformance/smuggling/responses/bodies.ts';
import { HEADS } from '#test/conformance/smuggling/responses/heads.ts';
import { TIERS } from '#test/support/edge.ts';
import { ResponseBench } from './response-bench.ts';

const PATIENCE_MS = 60_000;
const MIN_CASES = 60;

test(`the corpus has ${MIN_CASES} answers at least, each once`, () => {
  const all = [...HEADS, ...BODIES];
  assert.ok(all.length >= MIN_CASES, `${all.length}`);
  assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
  const keys = all.map((one) => JSON.stringify({ ...one, name: '' }));
  assert.equal(new Set(keys).size, all.length);
});

for (const tier of TIERS) {
  for (const buffering of ['on', 'off'] as const) {
    describe(`what an endpoint answers (${tier}, proxy_buffering ${buffering})`, () => {
      for (const [theme, cases] of [
        ['heads', HEADS],
        ['bodies', BODIES],
      ] as const) {
        test(`${theme}: ${cases.length} answers`, { timeout: PATIENCE_MS }, async (t) => {
          const bench = await ResponseBench.start(t, tier, buffering);
          for (const one of cases) await bench.run(one);
        });
      }
    });
  }
}
