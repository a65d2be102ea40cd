// Smuggling, towards the origin: every message of the lists is refused with its connection closed, or
// goes on in one canonical form that all readers of the panel cut at the same bytes. Never two
// readings; and what was to be smuggled never answers, or costs, anybody else's request.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CASES, THEMES } from '#test/conformance/smuggling/requests/all.ts';
import { DROPPED_TRAILERS } from '#test/conformance/smuggling/requests/chunks.ts';
import { TIERS } from '#test/support/edge.ts';
import { Bench, type Buffering } from './bench.ts';

const PATIENCE_MS = 60_000;
const MIN_CASES = 400;
/** Of the cases so many go byte by byte too: a prime, so that every family has some. */
const BYTEWISE_STEP = 11;

describe('the corpus', () => {
  test(`has ${MIN_CASES} messages at least, each once, each with a request to be smuggled`, () => {
    assert.ok(CASES.length >= MIN_CASES, `${CASES.length}`);
    const names = new Map<string, string>();
    const bytes = new Map<string, string>();
    for (const one of CASES) {
      assert.ok(!names.has(one.name), `twice: ${one.name}`);
      assert.ok(!bytes.has(one.bytes), `${one.name} is ${bytes.get(one.bytes)}`);
      assert.match(one.bytes, /GET[ /].*smuggled/s, one.name);
      names.set(one.name, one.bytes);
      bytes.set(one.bytes, one.name);
    }
  });
});

for (const tier of TIERS) {
  for (const buffering of ['on', 'off'] as readonly Buffering[]) {
    describe(`never two readings (${tier}, proxy_request_buffering ${buffering})`, () => {
      for (const [theme, cases] of THEMES) {
        test(`${theme}: ${cases.length} messages`, { timeout: PATIENCE_MS }, async (t) => {
          const bench = await Bench.start(t, tier, buffering);
          for (const one of cases) await bench.run(one);
        });
      }
    });
  }
  test(`trailers that frame, route or authorise, proxy_pass_trailers on (${tier})`, async (t) => {
    for (const buffering of ['on', 'off'] as readonly Buffering[]) {
      const bench = await Bench.start(t, tier, buffering, 'proxy_pass_trailers on;');
      for (const one of DROPPED_TRAILERS) await bench.run(one);
    }
  });
  test(`never two readings, byte by byte (${tier})`, { timeout: PATIENCE_MS }, async (t) => {
    const bench = await Bench.start(t, tier, 'on');
    const short = CASES.filter(({ bytes }) => bytes.length < 1000);
    for (const [at, one] of short.entries()) {
      if (at % BYTEWISE_STEP === 0) await bench.run(one, true);
    }
  });
}
