// What the kernel knows of the sockets of the fast tier: asked of the kernel, not of the handles.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { requirePeer } from '#test/support/peers.ts';
import type { Connection } from './connection.ts';
import { acceptFast, dialFast } from './fast-endpoints.ts';
import { FastTransport } from './fast-transport.ts';
import { detectRawHandles, type RawHandle } from './raw-handles.ts';
import { BACKLOG, bind } from './recorder.contract.ts';

/** Node has no getsockopt; perl, which is part of every Debian, has one for what it inherits. */
const HAS_NO_DELAY = `
  use Socket qw(IPPROTO_TCP TCP_NODELAY);
  print unpack("i", getsockopt(STDIN, IPPROTO_TCP, TCP_NODELAY)) ? "yes" : "no";
`;

function hasNoDelay(handle: RawHandle): string {
  const { fd } = handle as unknown as { fd: number };
  return execFileSync('perl', ['-e', HAS_NO_DELAY], { stdio: [fd, 'pipe', 'inherit'] }).toString();
}

/** A transport, and the handles that it makes. */
function watched(): { transport: FastTransport; made: RawHandle[] } {
  const raw = detectRawHandles() ?? assert.fail('this Node has no raw handles');
  const made: RawHandle[] = [];
  class Tcp extends raw.Tcp {
    constructor(type: number) {
      super(type);
      made.push(this);
    }
  }
  return { transport: new FastTransport({ ...raw, Tcp }), made };
}

async function accepted(t: TestContext): Promise<RawHandle> {
  const { made, transport } = watched();
  const { address, fd } = bind('tcp', t);
  assert.ok(address.kind === 'tcp');
  const connections = Promise.withResolvers<Connection>();
  const acceptor = acceptFast(transport, fd, false, BACKLOG, {
    onAccepted: connections.resolve,
    onAcceptFailed: (errno) => connections.reject(new Error(errno)),
  });
  t.after(() => acceptor.close());
  const handles = Promise.withResolvers<RawHandle>();
  const listening = made[0] as RawHandle;
  const { onconnection } = listening;
  listening.onconnection = function accept(status, client): void {
    onconnection?.call(this, status, client);
    if (client !== undefined) handles.resolve(client);
  };
  const peer = connect(address.port, address.host);
  t.after(() => peer.destroy());
  const connection = await connections.promise;
  t.after(() => connection.destroy());
  return handles.promise;
}

test('an accepted connection sends short writes at once', requirePeer('perl'), async (t) => {
  assert.equal(hasNoDelay(await accepted(t)), 'yes');
});

test('a dialled connection sends short writes at once', requirePeer('perl'), async (t) => {
  const { made, transport } = watched();
  const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const { promise, resolve, reject } = Promise.withResolvers<Connection>();
  dialFast(
    transport,
    { kind: 'tcp', host: '127.0.0.1', port },
    { onConnected: resolve, onDialFailed: (errno) => reject(new Error(errno)) },
  );
  const connection = await promise;
  t.after(() => connection.destroy());
  assert.equal(hasNoDelay(made[0] as RawHandle), 'yes');
});
