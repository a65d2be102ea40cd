import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { detectNativeCalls } from './native-calls.ts';
import type { RawHandle } from './raw-handles.ts';
import { SocketNames } from './socket-names.ts';

const calls = detectNativeCalls() ?? assert.fail('no native calls');
const NO_DESCRIPTOR = -1n;

/** Both ends of a connection from one address of this machine to another. */
async function pair(t: TestContext, host: string, from: string): Promise<[Socket, Socket]> {
  const server: Server = createServer().listen(0, host);
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const accepted = once(server, 'connection');
  const client = connect({ host, port, localAddress: from });
  t.after(() => client.destroy());
  const [socket] = (await accepted) as [Socket];
  if (client.connecting) await once(client, 'connect');
  t.after(() => socket.destroy());
  return [client, socket];
}

const handleOf = (socket: Socket): RawHandle =>
  (socket as unknown as { _handle: RawHandle })._handle;
const fdOf = (socket: Socket): bigint => BigInt(handleOf(socket).fd ?? -1);

describe('names of sockets', () => {
  it('are those that Node tells, for IPv4 without its handle', async (t) => {
    const names = new SocketNames(calls);
    const deaf = {
      getpeername: () => assert.fail('asked'),
      getsockname: () => assert.fail('asked'),
    };
    for (const from of ['127.0.0.1', '127.255.3.200', '127.0.0.1']) {
      const [client, server] = await pair(t, '127.0.0.9', from);
      const own = { address: from, port: client.localPort };
      const peer = { address: '127.0.0.9', port: client.remotePort };
      const handle = deaf as unknown as RawHandle;
      assert.deepEqual(names.ownOf(fdOf(client), handle), own);
      assert.deepEqual(names.peerOf(fdOf(client), handle), peer);
      assert.deepEqual(names.peerOf(fdOf(server), handle), own);
    }
  });

  it('do not mix addresses of which the texts share a place', async (t) => {
    const names = new SocketNames(calls);
    const addresses = Array.from({ length: 64 }, (_, at) => `127.${at}.${255 - at}.${at * 4}`);
    const sockets = await Promise.all(addresses.map((from) => pair(t, '127.0.0.1', from)));
    for (let round = 0; round < 2; round++) {
      const told = sockets.map(
        ([, server]) => names.peerOf(fdOf(server), handleOf(server)).address,
      );
      assert.deepEqual(told, addresses);
    }
  });

  it('are asked of the handle for IPv6, and where there are no calls', async (t) => {
    const [client, server] = await pair(t, '::1', '::1');
    const [other] = await pair(t, '127.0.0.1', '127.0.0.1');
    const { address, port } = new SocketNames(calls).peerOf(fdOf(server), handleOf(server));
    assert.deepEqual([address, port], ['::1', client.localPort]);
    const without = new SocketNames(undefined).ownOf(fdOf(other), handleOf(other));
    assert.deepEqual([without.address, without.port], ['127.0.0.1', other.localPort]);
  });

  it('are empty when it is too late', async (t) => {
    const names = new SocketNames(calls);
    const [client] = await pair(t, '127.0.0.1', '127.0.0.1');
    const handle = handleOf(client);
    client.destroy();
    await once(client, 'close');
    assert.deepEqual(names.peerOf(NO_DESCRIPTOR, handle), {});
    assert.deepEqual(names.ownOf(NO_DESCRIPTOR, undefined), {});
  });

  it('of a unix socket is "unix:"', () => {
    const pipe = {} as unknown as RawHandle;
    assert.deepEqual(new SocketNames(calls).peerOf(NO_DESCRIPTOR, pipe), {
      address: 'unix:',
      port: 0,
    });
  });
});
