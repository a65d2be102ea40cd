/** The part of the transport's contract that is about dialing and accepting. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { it } from 'node:test';
import type { Address } from '#src/base/address.ts';
import type { Acceptor, Connection } from './connection.ts';
import {
  BACKLOG,
  bind,
  dial,
  Listening,
  type PairOf,
  Recorder,
  type SocketKind,
} from './recorder.contract.ts';
import { createTransport, type TransportTier } from './transport.ts';

/** Accepts one connection on descriptor 3, closes the acceptor, says so, and exits when asked. */
const ACCEPT_ONE = `
  import { createTransport } from '#src/transport/transport.ts';
  const [tier, address] = process.argv.slice(1);
  const acceptor = createTransport(tier).accept(3, JSON.parse(address), ${BACKLOG}, {
    onAccepted: (connection) => {
      acceptor.close();
      connection.queueText('from the child');
      connection.flush();
      setImmediate(() => process.stdout.write('closed'));
    },
    onAcceptFailed: (errno) => { throw new Error(errno); },
  });
  process.stdout.write('ready');
  process.stdin.on('end', () => process.exit()).resume();
`;

export function itDialsAndAccepts(tier: TransportTier, kind: SocketKind, pairOf: PairOf): void {
  it('knows both addresses', async (t) => {
    const { client, listening, server } = await pairOf(t);
    const { address } = listening;
    const names = ({ connection }: Recorder): unknown => ({
      peer: [connection.remoteAddress(), connection.remotePort()],
      own: [connection.localAddress(), connection.localPort()],
    });
    if (address.kind === 'tcp') {
      const { own, peer } = names(client) as { own: unknown; peer: unknown };
      assert.deepEqual(peer, ['127.0.0.1', address.port]);
      assert.deepEqual(names(server), { peer: own, own: peer });
    } else {
      assert.deepEqual(names(client), { peer: ['unix:', 0], own: ['unix:', 0] });
      assert.deepEqual(names(server), names(client));
    }
  });

  it('fails a dial where nobody listens, later', async (t) => {
    const { address } = bind(kind, t);
    const failure = { message: 'ECONNREFUSED', isInside: false };
    await assert.rejects(dial(createTransport(tier), address), failure);
    if (kind === 'tcp') return;
    const nowhere: Address = { kind: 'unix', path: '/nonexistent/weir' };
    await assert.rejects(dial(createTransport(tier), nowhere), {
      message: 'ENOENT',
      isInside: false,
    });
  });

  it('calls from a local address; one that cannot be taken is told as such, later', async (t) => {
    if (kind !== 'tcp') return;
    const { listening } = await pairOf(t);
    const dialFrom = (host: string): Promise<string> =>
      new Promise((resolve) => {
        let isInside = true;
        const owner = {
          onConnected: (connection: Connection) => {
            resolve(connection.localAddress());
            connection.destroy();
          },
          onDialFailed: (errno: string, isLocal: boolean) => {
            resolve(`${errno} ${isLocal} ${isInside}`);
          },
        };
        listening.transport.dial(listening.address, owner, { host, port: 0 });
        isInside = false;
      });
    assert.equal(await dialFrom('127.0.0.9'), '127.0.0.9');
    assert.equal(await dialFrom('192.0.2.1'), 'EADDRNOTAVAIL true false');
    assert.equal(await dialFrom('::1'), 'EINVAL true false');
  });

  it('tells nothing of a dial that was cancelled', async (t) => {
    const pair = await pairOf(t);
    const { address, transport } = pair.listening;
    const told = (): never => assert.fail('told after cancel');
    const cancelled = transport.dial(address, { onConnected: told, onDialFailed: told });
    cancelled.cancel();
    cancelled.cancel();
    const refused = transport.dial(
      { kind: 'unix', path: '/nonexistent/weir' },
      { onConnected: told, onDialFailed: told },
    );
    refused.cancel();
    // The kernel may have accepted it already.
    const { promise, resolve } = Promise.withResolvers<void>();
    setImmediate(() => setImmediate(resolve));
    await promise;
  });

  it('leaves a connection alone when its dial is cancelled too late', async (t) => {
    const { listening } = await pairOf(t);
    const { promise, resolve } = Promise.withResolvers<Connection>();
    const dialed = listening.transport.dial(listening.address, {
      onConnected: resolve,
      onDialFailed: (errno) => assert.fail(errno),
    });
    const client = new Recorder(await promise);
    const server = new Recorder(await listening.next());
    dialed.cancel();
    client.send('still here');
    await server.until(() => server.byteCount === 10);
    assert.deepEqual(client.errnos, []);
    client.connection.destroy();
    server.connection.destroy();
  });

  it('keeps what was accepted when the acceptor closes', async (t) => {
    const { client, listening, server } = await pairOf(t);
    listening.close();
    client.send('go on');
    await server.until(() => server.byteCount === 5);
    await assert.rejects(dial(listening.transport, listening.address), { message: 'ECONNREFUSED' });
  });

  it('leaves the queue to another descriptor of the socket when the acceptor closes', async (t) => {
    const transport = createTransport(tier);
    const { address, fd } = bind(kind, t);
    const child = spawn(
      process.execPath,
      ['--input-type=module', '--eval', ACCEPT_ONE, tier, JSON.stringify(address)],
      { stdio: ['pipe', 'pipe', 'inherit', fd] },
    );
    t.after(() => child.kill());
    const { stdin, stdout } = child;
    assert.ok(stdin !== null && stdout !== null);
    await once(stdout, 'data');
    const closed = once(stdout, 'data'); // it may say so before our dial is told
    const first = new Recorder(await dial(transport, address));
    await closed;
    await first.until(() => first.byteCount > 0);
    const second = new Recorder(await dial(transport, address)); // the kernel queues it
    second.send('who is there?');
    const listening = new Listening(transport, fd, address);
    const server = new Recorder(await listening.next());
    await server.until(() => server.byteCount > 0);
    assert.equal(server.text, 'who is there?');
    first.connection.destroy();
    second.connection.destroy();
    server.connection.destroy();
    listening.close();
    stdin.end();
    await once(child, 'exit');
  });

  it('refuses a descriptor that is no socket, with a code', () => {
    const fd = openSync('/dev/null', 'r');
    const { address } = { address: { kind, host: '', port: 0, path: '' } as Address };
    const owner = { onAccepted: () => undefined, onAcceptFailed: () => undefined };
    const accept = (): Acceptor => createTransport(tier).accept(fd, address, BACKLOG, owner);
    assert.throws(accept, (error: NodeJS.ErrnoException) => /^E[A-Z]+$/.test(error.code ?? ''));
  });
}
