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
import { boundedBy, FACTOR_DOC } from '#src/upstream/balancers/key-words.ts';
import { triesScores } from '#src/upstream/balancers/least-score.ts';
import { Rotation } from '#src/upstream/balancers/rotation.ts';
import { WeightShares } from '#src/upstream/balancers/weight-shares.ts';
import { checkPrefixWords, type Prefix, prefixOf } from './prefix.ts';

const TRIES = 21;
const START = 89;
const FACTOR = 113;
const MODULUS = 6271;
const IPV4_BYTES = 4;
const IPV6_BYTES = 16;
/** nginx's: the first three octets of an IPv4 address, and all of an IPv6 address. */
const IPV4_BITS = 24;
const IPV6_BITS = 128;

export class IpHash implements Balancer {
  readonly #shares: WeightShares;
  readonly #rest: Rotation;
  readonly #v4: Prefix;
  readonly #v6: Prefix;

  constructor({ endpoints, words }: BalancerMaterial) {
    this.#v4 = prefixOf(words, 4, IPV4_BITS);
    this.#v6 = prefixOf(words, 6, IPV6_BITS);
    this.#shares = new WeightShares(endpoints);
    this.#rest = new Rotation(endpoints);
  }

  pick(view: PickView): number {
    const address = view.key();
    const { total } = this.#shares;
    let hash = START;
    for (let number = 0; number < TRIES; number++) {
      hash = this.#hashOn(hash, address);
      const at = this.#shares.ownerOf(hash % total);
      if (view.mayTake(at)) return at;
    }
    return this.#rest.pick(view);
  }

  scores(view: PickView): PickScores {
    const address = view.key();
    let hash = START;
    const owners = Array.from({ length: TRIES }, () => {
      hash = this.#hashOn(hash, address);
      return this.#shares.ownerOf(hash % this.#shares.total);
    });
    return triesScores(owners, this.#shares.count, view) ?? this.#rest.scores(view);
  }

  /** Where there is no address, as many zeros as there were bytes of IPv4. */
  #hashOn(before: number, address: string): number {
    const isV6 = address.length === IPV6_BYTES;
    const isAddress = isV6 || address.length === IPV4_BYTES;
    const { bytes, lastMask } = isV6 ? this.#v6 : this.#v4;
    let hash = before;
    for (let at = 0; at < bytes; at++) {
      const byte = isAddress ? address.charCodeAt(at) : 0;
      hash = (hash * FACTOR + (at === bytes - 1 ? byte & lastMask : byte)) % MODULUS;
    }
    return hash;
  }
}
export const ipHash: BalancerKind = {
  name: 'ip_hash',
  usage: '[ipv4_prefix=bits] [ipv6_prefix=bits] [balance_factor=percent]',
  doc: `Clients of one network go to the same endpoint: the one nginx sends them to. The first three octets of an IPv4 address count, all of an IPv6 address, after \`real_ip\`; or, beyond nginx, so many first bits as \`ipv4_prefix=\` and \`ipv6_prefix=\` say: \`ipv4_prefix=32 ipv6_prefix=64\` tells clients of one IPv4 network apart, and not the addresses that one client has in its IPv6 network. An endpoint that is \`down\` keeps its share of the map. ${FACTOR_DOC}`,
  minWords: 0,
  maxWords: 3,
  check: checkPrefixWords,
  keyText: () => '$binary_remote_addr',
  takesBackup: false,
  create: (material) => boundedBy(material, new IpHash(material)),
};
