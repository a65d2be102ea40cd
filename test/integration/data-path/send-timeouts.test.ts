// A client that never reads its answer is cut after send_timeout, whatever its request does meanwhile.

import assert from 'node:assert/strict';
import { ManualClock } from '#src/base/clock.ts';
import { CONNECTIONS_ACTIVE } from '#src/shared/thread-rows.ts';
import { LARGE, pattern, setSpool, stalled, until } from '#test/support/spool.ts';
import { onBothTiers } from '#test/support/stage.ts';

const MB = 1024 * 1024;

onBothTiers('a client that never reads', (it) => {
  for (const buffering of ['on', 'off']) {
    it(`ends its body behind a stuck answer (buffering ${buffering})`, async (t, tier) => {
      const clock = new ManualClock(Date.now());
      const { stage } = await setSpool(t, tier, {
        clock,
        location: `proxy_request_buffering off; proxy_buffering ${buffering}; send_timeout 5s;`,
        scripts: [
          {
            onBytes: (connection, pending) => {
              if (pending.length > 1000 || !pending.toString('latin1').endsWith('\r\n\r\nhell'))
                return;
              connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${LARGE + 1}\r\n\r\n`);
              connection.stream(pattern(LARGE));
            },
          },
        ],
      });
      const client = await stage.client('', { staysOpen: true });
      client.pause();
      client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhell');
      const origin = await stage.origin.connection(0);
      await stage.origin.until(() => origin.received.includes('hell'));
      await stalled(() => origin.streamedBytes);
      client.send('o');
      await stage.origin.request(0);
      clock.advanceMs(6_000);
      await until(() => stage.edge.count(CONNECTIONS_ACTIVE) === 0);
      await until(() => stage.edge.shared.endpoints.active(0) === 0);
    });
  }

  it('is held, and let go, by an origin that reads slowly', async (t, tier) => {
    const clock = new ManualClock(Date.now());
    const { stage } = await setSpool(t, tier, {
      clock,
      location: 'proxy_request_buffering off; proxy_buffering off; send_timeout 5s;',
      scripts: [
        {
          onBytes: (connection, pending) => {
            if (pending.length > 1000 || !pending.toString('latin1').endsWith('\r\n\r\nfirst'))
              return;
            connection.pause();
            connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${LARGE}\r\n\r\n`);
            connection.stream(pattern(LARGE));
          },
        },
      ],
    });
    const client = await stage.client('', { staysOpen: true });
    client.pause();
    const length = LARGE + 8 * MB;
    client.send(`POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${length}\r\n\r\nfirst`);
    const origin = await stage.origin.connection(0);
    await stage.origin.until(() => origin.received.includes('first'));
    await stalled(() => origin.streamedBytes);
    let isSent = false;
    void client.sent(Buffer.alloc(LARGE, 'a')).then(() => {
      isSent = true;
    });
    await stalled(() => 0);
    assert.equal(isSent, false, 'the client is held');
    origin.resume();
    await until(() => isSent);
    await stage.origin.until(() => origin.received.length > LARGE);
    clock.advanceMs(6_000);
    await until(() => stage.edge.count(CONNECTIONS_ACTIVE) === 0);
  });
});
