/**
 * Data path. `ip_hash` as nginx has it (semantics.md §4): a hash of the client's network gives a
 * position among the weights; whose endpoint cannot be taken is hashed on, and after 20 such tries
 * round robin decides. Who is `down` keeps its place, so nobody else's clients move.
 */

import type {
  Balancer,
  BalancerKind,
  BalancerMaterial,
  PickScores,
  PickView,
} from '#src/upstream/balancers/balancer.ts';
import { boundedBy, checkKeyWords, FACTOR_DOC } from '#src/upstream/balancers/key-words.ts';
import { triesScores } from '#src/upstream/balancers/least-score.ts';
import { Rotation } from '#src/upstream/balancers/rotation.ts';
import { WeightShares } from '#src/upstream/balancers/weight-shares.ts';

const TRIES = 21;
const START = 89;
const FACTOR = 113;
const MODULUS = 6271;
const IPV4_BYTES = 4;
const IPV6_BYTES = 16;
/** Of an IPv4 address its first three octets count, and so many zeros where there is no address. */
const NETWORK_BYTES = 3;

export class IpHash implements Balancer {
  readonly #shares: WeightShares;
  readonly #rest: Rotation;

  constructor(endpoints: BalancerMaterial['endpoints']) {
    this.#shares = new WeightShares(endpoints);
    this.#rest = new Rotation(endpoints);
  }

  pick(view: PickView): number {
    const address = view.key();
    const isV6 = address.length === IPV6_BYTES;
    const isAddress = isV6 || address.length === IPV4_BYTES;
    const bytes = isV6 ? IPV6_BYTES : NETWORK_BYTES;
    const { total } = this.#shares;
    let hash = START;
    for (let number = 0; number < TRIES; number++) {
      for (let at = 0; at < bytes; at++) {
        hash = (hash * FACTOR + (isAddress ? address.charCodeAt(at) : 0)) % MODULUS;
      }
      const at = this.#shares.ownerOf(hash % total);
      if (view.mayTake(at)) return at;
    }
    return this.#rest.pick(view);
  }

  scores(view: PickView): PickScores {
    const address = view.key();
    const isV6 = address.length === IPV6_BYTES;
    const isAddress = isV6 || address.length === IPV4_BYTES;
    let hash = START;
    const owners = Array.from({ length: TRIES }, () => {
      for (let at = 0; at < (isV6 ? IPV6_BYTES : NETWORK_BYTES); at++) {
        hash = (hash * FACTOR + (isAddress ? address.charCodeAt(at) : 0)) % MODULUS;
      }
      return this.#shares.ownerOf(hash % this.#shares.total);
    });
    return triesScores(owners, this.#shares.count, view) ?? this.#rest.scores(view);
  }
}

export const ipHash: BalancerKind = {
  name: 'ip_hash',
  usage: '[balance_factor=percent]',
  doc: `Clients of one network go to the same endpoint: the one nginx sends them to. The first three octets of an IPv4 address count, all of an IPv6 address, after \`real_ip\`. An endpoint that is \`down\` keeps its share of the map. ${FACTOR_DOC}`,
  minWords: 0,
  maxWords: 1,
  check: (words) => checkKeyWords(words, 0, []),
  keyText: () => '$binary_remote_addr',
  takesBackup: false,
  create: (material) => boundedBy(material, new IpHash(material.endpoints)),
};
