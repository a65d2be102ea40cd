/** Data path. The tiers behind one door; everything above asks here for sockets. */

import type { Address, LocalAddress } from '#src/base/address.ts';
import type { Acceptor, AcceptorOwner, Dial, DialOwner } from './connection.ts';
import { acceptFast, dialFast } from './fast-endpoints.ts';
import { FastTransport } from './fast-transport.ts';
import { detectNativeCalls } from './native-calls.ts';
import { acceptPortable, dialPortable } from './portable-endpoints.ts';
import { detectRawHandles, type RawBindings } from './raw-handles.ts';
import { Readiness } from './readiness.ts';

/** `handles`: the fast tier where its handles also read and write, for want of native calls. */
export type TransportTier = 'fast' | 'handles' | 'portable';

/** Where connections come from. */
export interface Transport {
  readonly tier: TransportTier;
  /** Accepts on a listening descriptor of that address; throws an Error with a `code`. */
  accept(fd: number, address: Address, backlog: number, owner: AcceptorOwner): Acceptor;
  /** Connects, from that local address if there is one; the owner is told later. */
  dial(address: Address, owner: DialOwner, local?: LocalAddress): Dial;
}

const TIERS: ReadonlySet<string> = new Set(['fast', 'handles', 'portable']);

/**
 * `fast` where this Node's handles and calls are as we know them, `handles` where only the handles
 * are, else `portable`. WEIR_TRANSPORT=portable or =handles forces these; WEIR_TRANSPORT=fast makes
 * the absence of handles an Error at start, as is any other word.
 */
export function transportTier(): TransportTier {
  const wanted = process.env['WEIR_TRANSPORT'];
  if (wanted !== undefined && !TIERS.has(wanted)) {
    throw new Error(`WEIR_TRANSPORT=${wanted}: it can be fast, handles or portable`);
  }
  if (wanted === 'portable') return 'portable';
  if (detectRawHandles() === undefined) {
    if (wanted === 'fast') throw new Error('WEIR_TRANSPORT=fast, but this Node lacks raw handles');
    return 'portable';
  }
  return wanted === 'handles' || detectNativeCalls() === undefined ? 'handles' : 'fast';
}

let readiness: Readiness | undefined;

/** On the one epoll set of this thread; on handles alone where there is none. */
function fastTransport(raw: RawBindings): FastTransport {
  const calls = detectNativeCalls();
  if (calls === undefined) return new FastTransport(raw);
  try {
    readiness ??= new Readiness(calls, raw);
    return new FastTransport(raw, calls, readiness);
  } catch {
    return new FastTransport(raw);
  }
}

/** The transport of this thread. */
export function createTransport(tier: TransportTier): Transport {
  const raw = tier === 'portable' ? undefined : detectRawHandles();
  if (raw === undefined) {
    return {
      tier: 'portable',
      accept: (fd, _address, backlog, owner) => acceptPortable(fd, backlog, owner),
      dial: dialPortable,
    };
  }
  const fast = tier === 'handles' ? new FastTransport(raw) : fastTransport(raw);
  return {
    tier: fast.readiness === undefined ? 'handles' : 'fast',
    accept: (fd, address, backlog, owner) =>
      acceptFast(fast, fd, address.kind === 'unix', backlog, owner),
    dial: (address, owner, local) => dialFast(fast, address, owner, local),
  };
}

/** The epoll set of this thread; undefined before a transport of tier `fast` was made. */
export function threadReadiness(): Readiness | undefined {
  return readiness;
}
