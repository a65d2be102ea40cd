// An answer that the origin has given whole while the client neither reads it nor has sent its body.

import assert from 'node:assert/strict';
import { LARGE, pattern, setSpool, until } from '#test/support/spool.ts';
import { onBothTiers } from '#test/support/stage.ts';

const NEXT = 'GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n';

onBothTiers('an early answer that is stored', (it) => {
  it('comes whole to a client that reads when it has sent everything', async (t, tier) => {
    const body = pattern(LARGE);
    const { stage } = await setSpool(t, tier, {
      location: 'proxy_request_buffering off;',
      scripts: [
        {
          onBytes: (connection, pending) => {
            if (!pending.toString('latin1').endsWith('\r\n\r\nfirst')) return;
            connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${LARGE}\r\n\r\n`);
            connection.stream(body);
          },
        },
      ],
    });
    const client = await stage.client('', { staysOpen: true });
    client.pause();
    const head = `POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${LARGE + 5}\r\n\r\n`;
    client.send(`${head}first`);
    const origin = await stage.origin.connection(0);
    await origin.closed();
    assert.equal(origin.streamedBytes, LARGE, 'the edge has all of the answer');
    await until(() => stage.edge.shared.endpoints.active(0) === 0);
    await client.sent(Buffer.alloc(LARGE, 'a'));
    client.send(NEXT); // never looked at: the answer has said close
    client.resume();
    const response = await client.response();
    assert.ok(response.body.equals(body));
    assert.equal(response.fields.get('connection')?.[0], 'close');
    assert.equal(await client.closed(), 'end');
    assert.equal(stage.origin.connections.length, 1);
  });
});
