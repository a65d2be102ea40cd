/** Data path. Accepting and connecting on raw handles. */

import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { type Address, isOtherFamily, type LocalAddress } from '#src/base/address.ts';
import type { Acceptor, AcceptorOwner, Dial, DialOwner } from './connection.ts';
import { NO_OWNER } from './connection.ts';
import { FastConnection } from './fast-connection.ts';
import type { FastTransport } from './fast-transport.ts';
import type { ConnectRequest, RawHandle } from './raw-handles.ts';
import { closeTransparent, transparentSocket } from './transparent-socket.ts';

/**
 * On Linux an accepted socket is a copy of the listening one, TCP_NODELAY included: one call less
 * per connection (fast-endpoints.test.ts asks the kernel). accept(2) promises it of no system.
 */
const INHERITS_NO_DELAY = process.platform === 'linux';

/** Accepts on a listening descriptor; throws an Error with a `code` when it cannot. */
export function acceptFast(
  transport: FastTransport,
  fd: number,
  isUnix: boolean,
  backlog: number,
  owner: AcceptorOwner,
): Acceptor {
  const { raw } = transport;
  const handle = isUnix ? new raw.Pipe(raw.pipeServerType) : new raw.Tcp(raw.serverType);
  const opened = handle.open(fd);
  // Before it listens: what completes its handshake earlier would go without.
  if (INHERITS_NO_DELAY && opened === 0) handle.setNoDelay?.(true);
  const status = opened || handle.listen(backlog);
  if (status < 0) {
    handle.close();
    const code = getSystemErrorName(status);
    throw Object.assign(new Error(`cannot listen on descriptor ${fd}: ${code}`), { code });
  }
  handle.onconnection = (failure, client): void => {
    if (failure < 0 || client === undefined) {
      owner.onAcceptFailed(getSystemErrorName(failure));
      return;
    }
    if (!INHERITS_NO_DELAY) client.setNoDelay?.(true);
    owner.onAccepted(new FastConnection(transport, client, NO_OWNER));
  };
  return { close: () => handle.close() };
}

/** Connects; the owner is told later, never from inside this call. */
export function dialFast(
  transport: FastTransport,
  address: Address,
  owner: DialOwner,
  local?: LocalAddress,
): Dial {
  return new FastDial(transport, address, owner, local);
}

class FastDial implements Dial {
  readonly #transport: FastTransport;
  readonly #handle: RawHandle;
  #owner: DialOwner | undefined;

  constructor(transport: FastTransport, address: Address, owner: DialOwner, local?: LocalAddress) {
    this.#transport = transport;
    this.#owner = owner;
    const { raw } = transport;
    const isUnix = address.kind === 'unix';
    this.#handle = isUnix ? new raw.Pipe(raw.pipeSocketType) : new raw.Tcp(raw.socketType);
    const request = isUnix ? new raw.PipeConnectRequest() : new raw.TcpConnectRequest();
    request.dial = this;
    request.oncomplete = onConnectComplete;
    const bound = local === undefined || isUnix ? 0 : bind(this.#handle, address, local);
    const status = bound || connect(this.#handle, request, address);
    if (status < 0) setImmediate(() => this.settle(status, bound < 0));
  }

  cancel(): void {
    if (this.#owner === undefined) return;
    this.#owner = undefined;
    this.#handle.close();
  }

  settle(status: number, isLocal: boolean): void {
    const owner = this.#owner;
    if (owner === undefined) return;
    this.#owner = undefined;
    if (status < 0) {
      this.#handle.close();
      owner.onDialFailed(getSystemErrorName(status), isLocal);
      return;
    }
    this.#handle.setNoDelay?.(true);
    owner.onConnected(new FastConnection(this.#transport, this.#handle, NO_OWNER));
  }
}

function bind(handle: RawHandle, address: Address, local: LocalAddress): number {
  const { host, port } = local;
  if (isOtherFamily(address, local)) return -constants.errno.EINVAL;
  if (local.isTransparent === true) return openTransparent(handle, local);
  const status = host.includes(':') ? handle.bind6?.(host, port, 0) : handle.bind?.(host, port);
  return status ?? -1;
}

function openTransparent(handle: RawHandle, local: LocalAddress): number {
  const descriptor = transparentSocket(local);
  if (descriptor < 0) return descriptor;
  const status = handle.open(descriptor);
  if (status < 0) closeTransparent(descriptor);
  return status;
}

function connect(handle: RawHandle, request: ConnectRequest, address: Address): number {
  if (address.kind === 'unix') return handle.connect(request, address.path) ?? 0;
  if (!address.host.includes(':')) return handle.connect(request, address.host, address.port);
  return handle.connect6?.(request, address.host, address.port) ?? -1;
}

function onConnectComplete(this: ConnectRequest, status: number): void {
  (this.dial as FastDial).settle(status, false);
}
