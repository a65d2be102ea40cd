// Policies that look at how endpoints answer, on the wire.

import assert from 'node:assert/strict';
import { ManualClock } from '#src/base/clock.ts';
import { ok } from '#test/support/raw-origin.ts';
import { onBothTiers, setStage } from '#test/support/stage.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const UNAVAILABLE = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n';
const COUNT = 60;

onBothTiers('balancing by times', (it) => {
  for (const policy of ['peak_ewma', 'prequal']) {
    it(`${policy}: who answers 503 at once gets less than a fair share`, async (t, tier) => {
      let failed = 0;
      const bad = {
        onRequest: () => {
          failed += 1;
          return UNAVAILABLE;
        },
      };
      const good = { onRequest: () => ok('good') };
      const clock = new ManualClock();
      const stage = await setStage(t, tier, {
        clock,
        scripts: [bad, good, good],
        upstream: `${policy};`,
      });
      const client = await stage.client();
      for (let request = 0; request < COUNT; request++) {
        client.send(GET);
        await client.response();
        clock.advanceMs(1); // times are read once in a millisecond
      }
      client.close();
      // A fair share is 20. It is known as failing once its first answer has come.
      assert.ok(failed < 10, String(failed));
    });
  }

  for (const policy of [
    'random',
    'random two',
    'random two least_time=last_byte',
    'least_time header',
    'least_time last_byte inflight',
  ]) {
    it(`${policy}: endpoints that are alike all get something`, async (t, tier) => {
      const counts = [0, 0, 0];
      const scripts = counts.map((_, at) => ({
        onRequest: () => {
          counts[at] = (counts[at] ?? 0) + 1;
          return ok(String(at));
        },
      }));
      const clock = new ManualClock();
      const stage = await setStage(t, tier, { clock, scripts, upstream: `${policy};` });
      const client = await stage.client();
      for (let request = 0; request < COUNT; request++) {
        client.send(GET);
        assert.equal((await client.response()).status, 200);
        clock.advanceMs(1);
      }
      client.close();
      assert.ok(Math.min(...counts) > 0, counts.join(' '));
    });
  }
});
