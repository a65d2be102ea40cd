// A tunnel that is cut: a FIN says "that was all" on either way, so who was cut off gets an RST.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { ANY_PORT, startEdge } from '#test/support/edge.ts';
import { RawClient } from '#test/support/raw-client.ts';
import { onBothTiers } from '#test/support/stage.ts';

const UPGRADE =
  'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const SWITCHED =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

/** How a socket ends: by FIN, or not. */
async function endOf(socket: Socket): Promise<'fin' | 'rst'> {
  socket.resume();
  return new Promise((resolve) => {
    socket.once('end', () => resolve('fin'));
    socket.once('error', () => resolve('rst'));
  });
}

onBothTiers('a tunnel that is cut', (it) => {
  for (const [who, moment, location = ''] of [
    ['client', 'open'],
    ['client', 'not open for the edge yet', 'proxy_ignore_client_abort on;'],
    ['client', 'half closed by the endpoint'],
    ['client', 'not open for the edge yet'],
    ['endpoint', 'open'],
  ] as const) {
    it(`by an RST of the ${who}, when it is ${moment} ${location}`.trim(), async (t, tier) => {
      const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const edge = startEdge({
        tier,
        conf: `server { listen ${ANY_PORT}; location / { proxy_pass http://127.0.0.1:${port}; ${location} } }`,
      });
      t.after(() => {
        edge.close();
        server.close();
      });
      const client = await RawClient.connect(edge.port, { staysOpen: true });
      client.send(UPGRADE);
      const [socket] = (await once(server, 'connection')) as [Socket];
      t.after(() => socket.destroy());
      await once(socket, 'data');
      if (moment !== 'not open for the edge yet') {
        socket.write(SWITCHED);
        await client.until('\r\n\r\n');
      }
      if (moment === 'half closed by the endpoint') {
        socket.end();
        await client.closed();
      }
      if (who === 'client') {
        const ended = endOf(socket);
        client.reset();
        if (location !== '') {
          // The edge may go on without its client, but not into a tunnel.
          socket.write(SWITCHED);
        }
        assert.equal(await ended, 'rst');
      } else {
        socket.resetAndDestroy();
        assert.equal(await client.closed(), 'reset');
      }
      client.close();
    });
  }
});
