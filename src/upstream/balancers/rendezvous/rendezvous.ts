/** Data path. `rendezvous key`: the endpoint with the highest score for the key. */

import { hashText } from '#src/base/text-hash.ts';
import type {
  Balancer,
  BalancerKind,
  BalancerMaterial,
  PickScores,
  PickView,
} from '#src/upstream/balancers/balancer.ts';
import { HighestScore } from '#src/upstream/balancers/highest-score.ts';
import { boundedBy, checkKeyWords, FACTOR_DOC } from '#src/upstream/balancers/key-words.ts';

export class Rendezvous implements Balancer {
  readonly #scores: HighestScore;
  readonly #key = new Int32Array(2);

  constructor(endpoints: BalancerMaterial['endpoints']) {
    this.#scores = new HighestScore(endpoints);
  }

  pick(view: PickView): number {
    hashText(view.key(), this.#key);
    return this.#scores.best(view, this.#key);
  }

  scores(view: PickView): PickScores {
    hashText(view.key(), this.#key);
    return {
      means: 'cost of the key, for its weight',
      scores: this.#scores.scores(view, this.#key),
    };
  }
}

export const rendezvous: BalancerKind = {
  name: 'rendezvous',
  usage: 'key [balance_factor=percent]',
  doc: `Exchanges with the same key go to the same endpoint, by rendezvous hashing with weights: an endpoint that is added, removed or out moves its own keys only, to all others by their weights. Instances agree without telling each other. Looks at every endpoint; beyond some hundred take \`maglev\` or \`hash … consistent\`. ${FACTOR_DOC} Not in nginx.`,
  minWords: 1,
  maxWords: 2,
  check: (words) => checkKeyWords(words, 1, []),
  keyText: ([key = '']) => key,
  takesBackup: false,
  create: (material) => boundedBy(material, new Rendezvous(material.endpoints)),
};
