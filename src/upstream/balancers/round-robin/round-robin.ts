/** What holds without a directive: smooth weighted round robin, exact over all threads. */

import type { BalancerKind } from '#src/upstream/balancers/balancer.ts';
import { Rotation } from '#src/upstream/balancers/rotation.ts';

export const roundRobin: BalancerKind = {
  name: 'round_robin',
  usage: '',
  doc: '',
  minWords: 0,
  maxWords: 0,
  takesBackup: true,
  create: ({ endpoints }) => new Rotation(endpoints),
};
