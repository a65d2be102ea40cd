/**
 * Data path. `hash key` as nginx has it (semantics.md §4): the upper half of the key's CRC-32 gives
 * a position among the weights. Whose endpoint cannot be taken is hashed again with the number of
 * the try in front, the sum counts; after 20 such tries round robin decides.
 */

import { CRC32_START, crc32End, crc32Text } from '#src/bytes/crc32.ts';
import type {
  Balancer,
  BalancerMaterial,
  PickScores,
  PickView,
} from '#src/upstream/balancers/balancer.ts';
import { triesScores } from '#src/upstream/balancers/least-score.ts';
import { Rotation } from '#src/upstream/balancers/rotation.ts';
import { WeightShares } from '#src/upstream/balancers/weight-shares.ts';

const TRIES = 21;
/** The CRC so far, behind the number of the try; the first one has none. */
const STARTS = Int32Array.from({ length: TRIES }, (_, number) => {
  return crc32Text(CRC32_START, number === 0 ? '' : String(number));
});

export class KeyModulo implements Balancer {
  readonly #shares: WeightShares;
  readonly #rest: Rotation;

  constructor(endpoints: BalancerMaterial['endpoints']) {
    this.#shares = new WeightShares(endpoints);
    this.#rest = new Rotation(endpoints);
  }

  pick(view: PickView): number {
    const key = view.key();
    const { total } = this.#shares;
    let sum = 0;
    for (let number = 0; number < TRIES; number++) {
      sum += (crc32End(crc32Text(STARTS[number] as number, key)) >>> 16) & 0x7fff;
      const at = this.#shares.ownerOf(sum % total);
      if (view.mayTake(at)) return at;
    }
    return this.#rest.pick(view);
  }

  scores(view: PickView): PickScores {
    const key = view.key();
    let sum = 0;
    const owners = Array.from(STARTS, (start) => {
      sum += (crc32End(crc32Text(start, key)) >>> 16) & 0x7fff;
      return this.#shares.ownerOf(sum % this.#shares.total);
    });
    return triesScores(owners, this.#shares.count, view) ?? this.#rest.scores(view);
  }
}
