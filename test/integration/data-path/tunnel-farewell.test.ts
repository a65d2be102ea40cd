// A tunnel whose origin has said all and sent FIN: what is on its way to the client arrives, however
// the other direction ends.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ManualClock } from '#src/base/clock.ts';
import { until } from '#test/support/spool.ts';
import { onBothTiers, setStage } from '#test/support/stage.ts';

const MB = 1024 * 1024;
const ASK =
  'GET /chat HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';
const AGREE =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

/** FIN_WAIT1 and FIN_WAIT2 of /proc/net/tcp. */
const FIN_SENT = new Set(['04', '05']);

/** Whether a connection that the edge accepted has its FIN behind it, or queued in the kernel. */
function hasSentFin(port: number): boolean {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .some(([, local = '', , state = '']) => local.endsWith(end) && FIN_SENT.has(state));
}

onBothTiers('the last words of an origin', (it) => {
  it('reach a client that is slow and silent beyond proxy_read_timeout', async (t, tier) => {
    const clock = new ManualClock(Date.now());
    const stage = await setStage(t, tier, {
      scripts: [{ staysOpen: true, onRequest: () => AGREE }],
      clock,
      location: 'proxy_read_timeout 5s;',
    });
    const client = await stage.client(ASK, { staysOpen: true });
    const { connection } = await stage.origin.request(0);
    await client.response();
    const before = client.received.length;
    client.pause();
    connection.stream(Buffer.alloc(2 * MB, 'd'), () => connection.end());
    await until(() => hasSentFin(stage.edge.port));
    clock.advanceMs(6_000);
    await until(() => stage.edge.shared.endpoints.active(0) === 0);
    client.resume();
    assert.equal(await client.closed(), 'end');
    assert.equal(client.received.length - before, 2 * MB);
  });
});
