/**
 * Data path. `maglev key`: Google's table (NSDI 2016, semantics.md §21). Every endpoint has an order
 * of its own over the slots; in turns, by weight, each takes the next slot that is free in its order.
 * A key has one slot: one look, however many endpoints there are. Keys of an endpoint that cannot be
 * taken go to the others by rendezvous; no other key moves.
 *
 *   table   slot 0: e3 │ 1: e0 │ 2: e3 │ … │ 262,146: e1
 */

import { hashText } from '#src/base/text-hash.ts';
import type {
  Balancer,
  BalancerKind,
  BalancerMaterial,
  PickScores,
  PickView,
} from '#src/upstream/balancers/balancer.ts';
import { HighestScore, uniqueNames } from '#src/upstream/balancers/highest-score.ts';
import { boundedBy, checkKeyWords, FACTOR_DOC } from '#src/upstream/balancers/key-words.ts';

/**
 * Slots of a table: primes, and 100 slots and more each, so that shares differ by one percent at most.
 * One that is added to N moves 1/(N+1) of the slots and, as all have the same number again, about
 * N/√slots of that beside: 0.15 with 64 endpoints. A table of another size is another map of all keys,
 * so the first one is large enough for nearly everybody.
 */
const TABLE_SIZES = [262_147, 655_373];
const LARGEST_TABLE = 6_553_621;
const SLOTS_EACH = 100;

/** Slot → endpoint. */
type SlotTable = Uint8Array | Uint16Array | Uint32Array;

export class Maglev implements Balancer {
  readonly #table: SlotTable;
  readonly #scores: HighestScore;
  readonly #key = new Int32Array(2);

  constructor(endpoints: BalancerMaterial['endpoints']) {
    this.#table = tableOf(endpoints);
    this.#scores = new HighestScore(endpoints);
  }

  pick(view: PickView): number {
    const key = this.#key;
    hashText(view.key(), key);
    const slot = ((key[0] as number) >>> 0) % this.#table.length;
    const at = this.#table[slot] as number;
    return view.mayTake(at) ? at : this.#scores.best(view, key);
  }

  /** Costs are above 0. */
  scores(view: PickView): PickScores {
    const key = this.#key;
    hashText(view.key(), key);
    const owner = this.#table[((key[0] as number) >>> 0) % this.#table.length] as number;
    const scores = this.#scores.scores(view, key);
    if (view.mayTake(owner)) scores[owner] = 0;
    return { means: '0 has the slot of the key; else its cost, for its weight', scores };
  }
}

/** Who has which slot. */
export function tableOf(endpoints: BalancerMaterial['endpoints']): SlotTable {
  const wanted = endpoints.length * SLOTS_EACH;
  const size = TABLE_SIZES.find((slots) => slots >= wanted) ?? LARGEST_TABLE;
  const table = emptyTable(size, endpoints.length);
  // A bit per slot: it is asked at random places, and stays in the nearest cache.
  const taken = new Int32Array(Math.ceil(size / 32));
  const heaviest = endpoints.reduce((most, { weight }) => Math.max(most, weight), 0);
  const lanes = new Int32Array(2);
  const takers = uniqueNames(endpoints)
    .map((name, at) => {
      hashText(name, lanes);
      const share = (endpoints[at] as { weight: number }).weight / heaviest;
      const next = ((lanes[0] as number) >>> 0) % size;
      const skip = (((lanes[1] as number) >>> 0) % (size - 1)) + 1;
      // Everybody takes a slot in the first round: nobody has none while there are slots.
      return { name, at, share, next, skip, credit: 1 - share };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  let free = size;
  while (free > 0) {
    for (const taker of takers) {
      taker.credit += taker.share;
      if (taker.credit < 1 || free === 0) continue;
      taker.credit -= 1;
      let slot = taker.next;
      while ((((taken[slot >>> 5] as number) >>> (slot & 31)) & 1) === 1) {
        slot += taker.skip;
        if (slot >= size) slot -= size;
      }
      table[slot] = taker.at;
      taken[slot >>> 5] = (taken[slot >>> 5] as number) | (1 << (slot & 31));
      taker.next = (slot + taker.skip) % size;
      free -= 1;
    }
  }
  return table;
}

function emptyTable(size: number, endpoints: number): SlotTable {
  if (endpoints <= 0x100) return new Uint8Array(size);
  return endpoints <= 0x1_0000 ? new Uint16Array(size) : new Uint32Array(size);
}

export const maglev: BalancerKind = {
  name: 'maglev',
  usage: 'key [balance_factor=percent]',
  doc: `Exchanges with the same key go to the same endpoint, by Google's Maglev table of 262,147 slots (more beyond 2,621 endpoints): the most even spread, by weight, and one look per choice. An endpoint that is out moves its own keys only; one that is added or removed moves a few others too: to N endpoints, at most 1.3/(N+1) of all up to 64. Instances agree without telling each other. ${FACTOR_DOC} Not in nginx.`,
  minWords: 1,
  maxWords: 2,
  check: (words) => checkKeyWords(words, 1, []),
  keyText: ([key = '']) => key,
  takesBackup: false,
  create: (material) => boundedBy(material, new Maglev(material.endpoints)),
};
