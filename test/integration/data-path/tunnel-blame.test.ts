// What ends a tunnel says nothing of the endpoint: none is put aside for it.

import assert from 'node:assert/strict';
import { ManualClock } from '#src/base/clock.ts';
import { type OriginScript, ok } from '#test/support/raw-origin.ts';
import { onBothTiers, setStage } from '#test/support/stage.ts';

const ASK =
  'GET /chat HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';
const AGREE =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';
const NEXT = 'GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n';

const agreeing: OriginScript = {
  onRequest: ({ line }) => (line.includes('/chat') ? AGREE : ok('next')),
};

onBothTiers('an endpoint is not put aside', (it) => {
  it('for tunnels that were idle too long', async (t, tier) => {
    const clock = new ManualClock(Date.now());
    const stage = await setStage(t, tier, {
      scripts: [agreeing, agreeing],
      clock,
      location: 'proxy_read_timeout 5s;',
    });
    for (let count = 0; count < stage.origins.length; count++) {
      const client = await stage.client(ASK);
      assert.equal((await client.response()).status, 101);
      clock.advanceMs(5_500);
      await client.closed();
    }
    const client = await stage.client(NEXT);
    assert.equal((await client.response()).status, 200);
  });

  it('for tunnels that it breaks', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [agreeing, agreeing] });
    for (const origin of stage.origins) {
      const client = await stage.client(ASK);
      assert.equal((await client.response()).status, 101);
      (await origin.connection(0)).reset();
      await client.closed();
    }
    const client = await stage.client(NEXT);
    assert.equal((await client.response()).status, 200);
  });
});
