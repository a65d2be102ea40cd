/** The balancing policies there are. */

import { hash } from '#src/upstream/balancers/hash/hash.ts';
import { ipHash } from '#src/upstream/balancers/ip-hash/ip-hash.ts';
import { leastConn } from '#src/upstream/balancers/least-conn/least-conn.ts';
import { leastTime } from '#src/upstream/balancers/least-time/least-time.ts';
import { maglev } from '#src/upstream/balancers/maglev/maglev.ts';
import { peakEwma } from '#src/upstream/balancers/peak-ewma/peak-ewma.ts';
import { prequal } from '#src/upstream/balancers/prequal/prequal.ts';
import { random } from '#src/upstream/balancers/random/random.ts';
import { rendezvous } from '#src/upstream/balancers/rendezvous/rendezvous.ts';
import { roundRobin } from '#src/upstream/balancers/round-robin/round-robin.ts';
import type { BalancerKind } from './balancer.ts';

/** The first is the default. */
export const BALANCERS: readonly [BalancerKind, ...BalancerKind[]] = [
  roundRobin,
  leastConn,
  ipHash,
  hash,
  maglev,
  rendezvous,
  leastTime,
  peakEwma,
  prequal,
  random,
];

/** The policy of that name: the default one when there is none, which configuration refuses. */
export function balancerNamed(name: string): BalancerKind {
  return BALANCERS.find((kind) => kind.name === name) ?? BALANCERS[0];
}
