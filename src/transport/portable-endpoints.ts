/** Data path. Accepting and connecting by public API. */

import { fstatSync } from 'node:fs';
import { connect, createServer, Socket, type SocketConstructorOpts } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { type Address, isOtherFamily, type LocalAddress } from '#src/base/address.ts';
import type { Acceptor, AcceptorOwner, Dial, DialOwner } from './connection.ts';
import { NO_OWNER } from './connection.ts';
import { PortableConnection } from './portable-connection.ts';
import { transparentSocket } from './transparent-socket.ts';

/** A high-water mark of one byte makes every write that waits announce its 'drain'. */
const HIGH_WATER_MARK_BYTES = 1;

/**
 * Accepts on a listening descriptor; throws an Error with a `code` when it is no socket. A failure
 * to listen on one is told to the owner: net.Server finds out later.
 */
export function acceptPortable(fd: number, backlog: number, owner: AcceptorOwner): Acceptor {
  if (!fstatSync(fd).isSocket()) {
    throw Object.assign(new Error(`descriptor ${fd} is no socket`), { code: 'ENOTSOCK' });
  }
  const server = createServer(
    { allowHalfOpen: true, highWaterMark: HIGH_WATER_MARK_BYTES, noDelay: true },
    (socket) => owner.onAccepted(new PortableConnection(socket, NO_OWNER)),
  );
  server.on('error', (error: NodeJS.ErrnoException) => owner.onAcceptFailed(error.code ?? 'EIO'));
  // exclusive: a listener in a child of node:cluster would be bound by the master (DESIGN §3).
  server.listen({ fd, backlog, exclusive: true });
  return { close: () => server.close() };
}

function open(
  address: Address,
  local: LocalAddress | undefined,
  options: SocketConstructorOpts,
): Socket {
  if (address.kind === 'unix') return connect({ ...options, path: address.path });
  const { host, port } = address;
  if (local === undefined) return connect({ ...options, host, port, noDelay: true });
  if (isOtherFamily(address, local)) return failed('EINVAL', options);
  if (local.isTransparent === true) {
    const fd = transparentSocket(local);
    if (fd < 0) return failed(getSystemErrorName(fd), options);
    // It is not connected: reading must not begin before it is.
    const socket = new Socket({ ...options, fd, readable: true, writable: true, ...NOT_YET });
    socket.setNoDelay(true);
    return socket.connect({ host, port });
  }
  const from = { localAddress: local.host, localPort: local.port };
  return connect({ ...options, host, port, noDelay: true, ...from });
}

/** Taken by net.Socket, though not documented. */
const NOT_YET = { manualStart: true };

function failed(code: string, options: SocketConstructorOpts): Socket {
  const error = Object.assign(new Error(code), { code, syscall: 'bind' });
  return new Socket(options).destroy(error);
}

/** Connects; the owner is told later, never from inside this call. */
export function dialPortable(address: Address, owner: DialOwner, local?: LocalAddress): Dial {
  const options = { allowHalfOpen: true, highWaterMark: HIGH_WATER_MARK_BYTES };
  const socket = open(address, local, options);
  let isSettled = false;
  const onError = (error: NodeJS.ErrnoException): void => {
    if (isSettled) return;
    isSettled = true;
    owner.onDialFailed(error.code ?? 'EIO', error.syscall === 'bind');
  };
  socket.once('error', onError);
  socket.once('connect', () => {
    if (isSettled) return;
    isSettled = true;
    socket.off('error', onError);
    owner.onConnected(new PortableConnection(socket, NO_OWNER));
  });
  return {
    cancel: (): void => {
      if (isSettled) return;
      isSettled = true;
      socket.destroy();
    },
  };
}
