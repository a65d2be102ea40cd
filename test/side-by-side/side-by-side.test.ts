// Random configurations mean the same to Debian's nginx and to Weir, or it is said why not.
// `npm run prove -- side-by-side` runs thousands.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requirePeer } from '#test/support/peers.ts';
import { Both } from './both.ts';
import { survey } from './survey.ts';

const SEED = 5;
const CONFIGURATIONS = 200;

test('random configurations mean the same to nginx', requirePeer('nginx'), async (t) => {
  const both = await Both.start();
  t.after(() => both.close());
  const sum = await survey(both, SEED, CONFIGURATIONS);
  t.diagnostic(`seed ${SEED}: ${sum.configurations} configurations, ${sum.requests} requests`);
  assert.equal(sum.unexplained, 0, sum.reports.join('\n\n'));
  assert.equal(sum.configurations, CONFIGURATIONS);
  assert.ok(sum.refused <= CONFIGURATIONS / 20, `${sum.refused} of them are refused by both`);
});
