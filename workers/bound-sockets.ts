import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { BoundSocket, type BoundSocketOptions, connect } from 'node:net';
import type { Address } from '#src/base/address.ts';
import type { ListenConfig } from '#src/routing/model.ts';
import type { Problem } from '#src/schema/problem.ts';
import { EXTRA_NUMBERS } from './descriptor-pool.ts';
import type { SocketShare } from './messages.ts';
import { explainHolder } from './port-holder.ts';
import { setSocketOptions } from './socket-options.ts';

/** For the threads that replace one; never given away as extras. */
const REPLACEMENT_NUMBERS = 5;

/**
 * Numbers a generation gets for each thread that listens on a socket: one to listen on, some to
 * accept faster for a while, and spares. The master sends more when they run low (see `descriptor-sender.ts`).
 */
export const NUMBERS_PER_LISTENER = 1 + EXTRA_NUMBERS + REPLACEMENT_NUMBERS;

/** In the child: 0–2 are standard, 3 is the channel to the master. */
const FIRST_NUMBER = 4;

/** A unix socket is for everybody, as in nginx; the folder's mode restricts it. */
const UNIX_MODE = 0o666;

interface HeldSocket {
  readonly id: number;
  readonly bound: BoundSocket;
}

/** An address with its sockets: one per thread ever needed (SO_REUSEPORT), never fewer again. */
interface HeldAddress {
  readonly key: string;
  readonly address: Address;
  readonly sockets: HeldSocket[];
}

/** What a generation is forked with. */
export interface SocketPlan {
  readonly shares: readonly SocketShare[];
  /** The master's descriptors in the order of the child's numbers, from FIRST_NUMBER on. */
  readonly stdio: readonly number[];
}

/** An address that could not be bound: one line that says what to do. */
export class BindError extends Error {
  isInUse = false;
}

/**
 * The listening sockets, held by the master for all generations. The master binds and never
 * listens nor accepts; it is the generations that call listen(2) on their copies. As long as the
 * master holds a socket, its accept queue survives the death of whoever served it. Closing one
 * SO_REUSEPORT socket resets what waits in its queue, so a socket is closed only when its address
 * leaves the configuration.
 */
export class BoundSockets {
  readonly #held = new Map<string, HeldAddress>();
  #nextId = 0;

  /** Every address held now. */
  get keys(): string[] {
    return [...this.#held.keys()];
  }

  /**
   * Binds what is missing for these addresses, and sets the options of all. Binds nothing when
   * anything fails. @returns one line per option that cannot be set
   * @throws BindError naming every address that cannot be bound
   */
  async bind(
    listens: readonly ListenConfig[],
    threadCount: number,
    mode: 'reuseport' | 'shared',
  ): Promise<readonly string[]> {
    const isNew = (listen: ListenConfig) => !this.#held.has(listen.key);
    const added = listens.filter(isNew).map(({ key }) => key);
    const problems: string[] = [];
    for (const listen of listens) {
      const count = mode === 'shared' || listen.address.kind === 'unix' ? 1 : threadCount;
      try {
        await this.#bindAddress(listen, count);
      } catch (error) {
        problems.push((error as Error).message);
      }
    }
    if (problems.length > 0) {
      for (const key of added) this.#close(key);
      throw new BindError(problems.join('\n'));
    }
    return listens.flatMap((listen) => this.#setOptions(listen));
  }

  /** The sockets of one address are alike: what one of them refuses is said once. */
  #setOptions(listen: ListenConfig): readonly string[] {
    const { key, socketOptions } = listen;
    if (socketOptions === undefined) return [];
    const sockets = this.#held.get(key)?.sockets ?? [];
    const lines = sockets.flatMap(({ bound }) => setSocketOptions(bound.fd(), socketOptions));
    return [...new Set(lines)].map((line) => `${line} for ${key}${inPlace(listen)}`);
  }

  /** Numbers for a new generation: every socket of these addresses gets its listeners. */
  plan(listens: readonly ListenConfig[], threadCount: number): SocketPlan {
    const shares: SocketShare[] = [];
    const stdio: number[] = [];
    for (const { key } of listens) {
      const held = this.#held.get(key);
      if (held === undefined) throw new Error(`${key} is not bound`);
      for (const [index, threads] of listenersOf(held.sockets.length, threadCount).entries()) {
        const socket = held.sockets[index];
        if (socket === undefined) continue;
        const descriptors: number[] = [];
        for (let n = 0; n < NUMBERS_PER_LISTENER * threads.length; n++) {
          descriptors.push(FIRST_NUMBER + stdio.length);
          stdio.push(socket.bound.fd());
        }
        shares.push({ socket: socket.id, key, descriptors, threads });
      }
    }
    return { shares, stdio };
  }

  /** The master's descriptor of a socket; undefined when it is closed. */
  descriptor(id: number): { fd: number; isPipe: boolean } | undefined {
    for (const { address, sockets } of this.#held.values()) {
      const found = sockets.find((socket) => socket.id === id);
      if (found !== undefined) return { fd: found.bound.fd(), isPipe: address.kind === 'unix' };
    }
    return undefined;
  }

  /** Closes the addresses that are not in `keys`; call it when nobody listens on them any more. */
  closeAllBut(keys: ReadonlySet<string>): string[] {
    const closed = this.keys.filter((key) => !keys.has(key));
    for (const key of closed) this.#close(key);
    return closed;
  }

  async #bindAddress(listen: ListenConfig, count: number): Promise<void> {
    const { key, address } = listen;
    const known = this.#held.get(key);
    if (known === undefined) await this.#probe(listen);
    const sockets = known?.sockets ?? [];
    const first = sockets.length;
    try {
      while (sockets.length < count) sockets.push({ id: this.#nextId++, bound: bind(listen) });
    } catch (error) {
      for (const { bound } of sockets.splice(first)) bound.close();
      throw explained(error as NodeJS.ErrnoException, listen);
    }
    if (known === undefined) this.#held.set(key, { key, address, sockets });
  }

  async #probe(listen: ListenConfig): Promise<void> {
    const { address } = listen;
    for (const held of this.#held.values()) {
      const isOurs = held.address.kind === 'tcp' && address.kind === 'tcp';
      if (isOurs && held.address.port === address.port) return;
    }
    await probe(listen);
  }

  #close(key: string): void {
    const held = this.#held.get(key);
    this.#held.delete(key);
    for (const { bound } of held?.sockets ?? []) bound.close();
    if (held?.address.kind === 'unix' && isNamed(held.address.path))
      unlinkQuietly(held.address.path);
  }
}

/**
 * SO_REUSEPORT lets two programs of one user share a port without noticing, so a plain bind comes
 * first and finds who else has it. @throws BindError
 */
async function probe(listen: ListenConfig): Promise<void> {
  const { address } = listen;
  if (address.kind === 'unix') return removeStale(listen);
  const { host, port } = address;
  try {
    new BoundSocket({ host, port, ...only6(host, listen.ipv6Only) }).close();
  } catch (error) {
    throw explained(error as NodeJS.ErrnoException, listen);
  }
}

/**
 * For `weir -t`: what would keep these addresses from being bound. As in nginx, one that is in use
 * is no problem, for it is probably this very configuration that runs.
 */
export async function probeAddresses(listens: readonly ListenConfig[]): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const listen of listens) {
    const { file, line, column } = listen.place;
    if (listen.address.kind === 'unix') continue;
    try {
      await probe(listen);
    } catch (error) {
      const { message, isInUse } = error as BindError;
      // The message names the place itself.
      const place = message.endsWith(`${file}:${line}`) ? NOWHERE : { file, line, column };
      if (!isInUse) problems.push({ severity: 'emerg', message, ...place });
    }
  }
  return problems;
}

const NOWHERE = { file: '', line: 0, column: 0 };

/**
 * Who listens on which socket. As many sockets as threads: one each. More sockets than threads: the
 * surplus goes round. Fewer (one shared queue): every socket is for all threads.
 */
function listenersOf(socketCount: number, threadCount: number): number[][] {
  const all = Array.from({ length: threadCount }, (_, thread) => thread);
  if (socketCount < threadCount) return Array.from({ length: socketCount }, () => all);
  return Array.from({ length: socketCount }, (_, socket) => [socket % threadCount]);
}

function bind({ address, ipv6Only }: ListenConfig): BoundSocket {
  if (address.kind === 'tcp') {
    const { host, port } = address;
    return new BoundSocket({ host, port, reusePort: true, ...only6(host, ipv6Only) });
  }
  // Node 26 binds unix sockets, too; its published types do not say so yet.
  const bound = new BoundSocket({ path: address.path } as BoundSocketOptions);
  if (isNamed(address.path)) chmodSync(address.path, UNIX_MODE);
  return bound;
}

/** `ipv6only=on` is nginx's default: `[::]:80` does not take IPv4's port 80. */
function only6(host: string, ipv6Only: boolean): { ipv6Only?: boolean } {
  return host.includes(':') ? { ipv6Only } : {};
}

/** Not one of Linux's abstract names, which are no files. */
function isNamed(path: string): boolean {
  return !path.startsWith('\0');
}

/** A socket file that nobody listens on is left over from a process that was killed. */
async function removeStale(listen: ListenConfig): Promise<void> {
  const { address } = listen;
  if (address.kind !== 'unix' || !isNamed(address.path)) return;
  const stats = lstatSync(address.path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isSocket()) {
    const message = `bind() to ${listen.key} failed: the file exists and is no socket; remove it`;
    throw new BindError(`${message}${inPlace(listen)}`);
  }
  if (await isAnswered(address.path)) {
    const error: NodeJS.ErrnoException = Object.assign(new Error(), { code: 'EADDRINUSE' });
    throw explained(error, listen);
  }
  unlinkQuietly(address.path);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}

function explained(error: NodeJS.ErrnoException, listen: ListenConfig): BindError {
  const { key, address, place } = listen;
  const where = place.file === '' ? '' : `${place.file}:${place.line}`;
  const failed = `bind() to ${key} failed`;
  switch (error.code) {
    case 'EADDRINUSE': {
      const advice = explainHolder(address, where);
      const inUse = new BindError(`${failed} (98: Address already in use): ${advice}`);
      inUse.isInUse = true;
      return inUse;
    }
    case 'EACCES': {
      const advice =
        address.kind === 'tcp'
          ? 'a port below 1024 needs root, or CAP_NET_BIND_SERVICE ' +
            '(systemd: AmbientCapabilities=), or a higher port'
          : `this user may not create it; check the folder's owner and mode`;
      return new BindError(`${failed} (13: Permission denied): ${advice}${inPlace(listen)}`);
    }
    case 'EADDRNOTAVAIL': {
      const advice = 'this machine has no such address';
      return new BindError(
        `${failed} (99: Cannot assign requested address): ${advice}${inPlace(listen)}`,
      );
    }
    default:
      return new BindError(`${failed} (${error.code ?? error.message})${inPlace(listen)}`);
  }
}

function inPlace({ place }: ListenConfig): string {
  return place.file === '' ? '' : ` in ${place.file}:${place.line}`;
}

function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone already, or not ours to remove: the next bind will say so.
  }
}
