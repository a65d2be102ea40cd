/** Data path. The two tiers behind one door; everything above asks here for sockets. */

import type { Address, LocalAddress } from '#src/base/address.ts';
import type { Acceptor, AcceptorOwner, Dial, DialOwner } from './connection.ts';
import { FastTransport } from './fast-connection.ts';
import { acceptFast, dialFast } from './fast-endpoints.ts';
import { acceptPortable, dialPortable } from './portable-endpoints.ts';
import { detectRawHandles } from './raw-handles.ts';

export type TransportTier = 'fast' | 'portable';

/** Where connections come from. */
export interface Transport {
  readonly tier: TransportTier;
  /** Accepts on a listening descriptor of that address; throws an Error with a `code`. */
  accept(fd: number, address: Address, backlog: number, owner: AcceptorOwner): Acceptor;
  /** Connects, from that local address if there is one; the owner is told later. */
  dial(address: Address, owner: DialOwner, local?: LocalAddress): Dial;
}

/**
 * `fast` where this Node's handles are as we know them, else `portable`. WEIR_TRANSPORT=portable
 * forces the second; WEIR_TRANSPORT=fast makes its absence an Error at start.
 */
export function transportTier(): TransportTier {
  const wanted = process.env['WEIR_TRANSPORT'];
  if (wanted === 'portable') return 'portable';
  if (detectRawHandles() !== undefined) return 'fast';
  if (wanted === 'fast') throw new Error('WEIR_TRANSPORT=fast, but this Node lacks raw handles');
  return 'portable';
}

/** The transport of this thread. */
export function createTransport(tier: TransportTier): Transport {
  const raw = tier === 'fast' ? detectRawHandles() : undefined;
  if (raw === undefined) {
    return {
      tier: 'portable',
      accept: (fd, _address, backlog, owner) => acceptPortable(fd, backlog, owner),
      dial: dialPortable,
    };
  }
  const fast = new FastTransport(raw);
  return {
    tier: 'fast',
    accept: (fd, address, backlog, owner) =>
      acceptFast(fast, fd, address.kind === 'unix', backlog, owner),
    dial: (address, owner, local) => dialFast(fast, address, owner, local),
  };
}
