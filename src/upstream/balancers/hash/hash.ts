/** `hash key` and `hash key consistent`, which place keys where nginx places them. */

import type { BalancerKind } from '#src/upstream/balancers/balancer.ts';
import { boundedBy, checkKeyWords, FACTOR_DOC } from '#src/upstream/balancers/key-words.ts';
import { KeyModulo } from './key-modulo.ts';
import { Ring } from './ring.ts';

const CONSISTENT = 'consistent';

export const hash: BalancerKind = {
  name: 'hash',
  usage: 'key [consistent] [balance_factor=percent]',
  doc: `Exchanges with the same key, a text with \`$names\`, go to the same endpoint: the one nginx sends them to. With \`consistent\` (ketama) an endpoint that is added or removed moves its own share of keys only. ${FACTOR_DOC}`,
  minWords: 1,
  maxWords: 3,
  check: (words) => checkKeyWords(words, 1, [CONSISTENT]),
  keyText: ([key = '']) => key,
  takesBackup: false,
  create: (material) => {
    const { endpoints, words } = material;
    const isConsistent = words.includes(CONSISTENT, 1);
    return boundedBy(material, isConsistent ? new Ring(endpoints) : new KeyModulo(endpoints));
  },
};
