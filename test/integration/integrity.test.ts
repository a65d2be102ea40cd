// Whoever goes away at whatever byte: the exchanges of `npm run prove -- integrity` on edges in this
// process, on both transports, with read buffers overwritten behind every callback.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Secrets } from '#scenarios/support/integrity/bytes.ts';
import { Draw } from '#scenarios/support/integrity/draw.ts';
import { cutEverywhere } from '#scenarios/support/integrity/every-offset.ts';
import { IntegrityClient } from '#scenarios/support/integrity/integrity-client.ts';
import { IntegrityOrigin } from '#scenarios/support/integrity/integrity-origin.ts';
import type { Conversation } from '#scenarios/support/integrity/plan.ts';
import { Tally } from '#scenarios/support/integrity/tally.ts';
import { ANY_PORT, type Edge, startEdge, TIERS } from '#test/support/edge.ts';

const SEED = Number(process.env['WEIR_SEED'] ?? Date.now() % 1_000_000);
/** A sample of the offsets; where it begins is the seed's. */
const STEP = 17;
const CONCURRENCY = 16;
const DRAWN = 600;
/** What is wrong is known by then. */
const MAX_OFFENCES = 10;
const LOCATIONS = {
  usual: '',
  stream: 'proxy_request_buffering off; proxy_buffering off;',
};
const WITHOUT: ReadonlySet<string> = new Set(
  (process.env['WEIR_INTEGRITY_WITHOUT'] ?? '').split(','),
);

interface Cast {
  readonly edge: Edge;
  readonly secrets: Secrets;
  readonly tally: Tally;
  readonly client: IntegrityClient;
  readonly end: () => void;
}

async function enter(tier: (typeof TIERS)[number]): Promise<Cast> {
  const secrets = new Secrets(SEED);
  const tally = new Tally();
  const origin = new IntegrityOrigin(secrets, tally);
  const servers = `server 127.0.0.1:${await origin.listen()} max_fails=0;
    server 127.0.0.1:${await origin.listen()} max_fails=0;`;
  const locations = Object.entries(LOCATIONS)
    .map(([name, text]) => `location /${name}/ { proxy_pass http://origin; ${text} }`)
    .join(' ');
  const edge = startEdge({
    tier,
    conf: `client_max_body_size 2m; proxy_pass_trailers on; early_hints 1;
      upstream origin { ${servers} keepalive 8; }
      server { listen ${ANY_PORT}; ${locations} }`,
  });
  const client = new IntegrityClient(edge.port, secrets, tally);
  const end = (): void => {
    client.close();
    edge.close();
    origin.close();
  };
  return { edge, secrets, tally, client, end };
}

function check({ tally }: Cast): void {
  const { offences, stories } = tally.report();
  const none = Object.fromEntries(Object.keys(offences).map((name) => [name, 0]));
  assert.deepEqual(offences, none, `seed ${SEED}\n${stories.join('\n')}`);
}

for (const tier of TIERS) {
  describe(`bodies of two users (${tier}), seed ${SEED}`, () => {
    test('with an end by either side at bytes of every kind of message', async (t) => {
      const cast = await enter(tier);
      t.after(cast.end);
      const cuts = await cutEverywhere(cast.client, cast.secrets, {
        locations: Object.keys(LOCATIONS),
        without: WITHOUT,
        bodyBytes: 24,
        step: STEP,
        first: SEED % STEP,
        concurrency: CONCURRENCY,
        numberFrom: 0,
        isEnough: () => cast.tally.offences >= MAX_OFFENCES,
      });
      check(cast);
      assert.ok(
        Object.keys(cuts).length >= 4 * 13,
        'every kind of message is cut on all four ways',
      );
    });

    test('with everything by lot', async (t) => {
      const cast = await enter(tier);
      t.after(cast.end);
      const { client, secrets, tally } = cast;
      const options = { seed: SEED, without: WITHOUT, locations: Object.keys(LOCATIONS) };
      const draw = new Draw({ ...options, maxBytes: 1024 * 1024, faultPercent: 40 }, secrets);
      let number = 0;
      const next = (): Conversation | undefined =>
        tally.exchanges >= DRAWN || tally.offences >= MAX_OFFENCES
          ? undefined
          : draw.conversation(number++);
      await client.converseAll(next, CONCURRENCY);
      check(cast);
      assert.ok(tally.report().verdicts.ok > DRAWN / 2, 'most exchanges are whole');
    });
  });
}
