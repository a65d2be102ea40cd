/**
 * What led to a pick: each endpoint of the upstream with the figure that its policy compared, and why
 * it was not the one. For people; an exchange that nobody asks about never comes here.
 */

import type { Balancer, PickView } from '#src/upstream/balancers/balancer.ts';
import { bestOf } from '#src/upstream/balancers/least-score.ts';
import { SeenView } from '#src/upstream/balancers/seen-view.ts';
import type { Endpoint } from '#src/upstream/endpoint/endpoint.ts';

/** One endpoint in a pick. */
export interface PickCandidate {
  /** Its address. */
  readonly endpoint: string;
  readonly weight: number;
  /** Exchanges in flight there over all threads, without this one. */
  readonly inFlight: number;
  /** The figure of the policy; the least is picked. Undefined: it was not compared. */
  readonly score: number | undefined;
  /** Among those with the least score: the least of these. Undefined where there was nothing to settle. */
  readonly tie: number | undefined;
  readonly isPicked: boolean;
  /** Why it is the one, or is not. */
  readonly because: string;
}

/** One pick. */
export interface PickAccount {
  /** As written: `round_robin` where nothing is. */
  readonly policy: string;
  /** What scores are; '' when the policy was not asked, or says nothing (a function). */
  readonly means: string;
  readonly candidates: readonly PickCandidate[];
}

/** What a tier knows of a pick in progress. */
export interface TierInPick extends PickView {
  readonly endpoints: readonly Endpoint[];
  /** Why it may not be taken; '' when it may. */
  reasonAgainst(at: number): string;
}

/** In place of the balancer of a tier, for one pick. */
export class WatchedBalancer implements Balancer {
  readonly inner: Balancer;
  readonly #tier: TierInPick;
  /** Of the last pick. */
  candidates: readonly PickCandidate[] = [];
  means = '';

  constructor(inner: Balancer, tier: TierInPick) {
    this.inner = inner;
    this.#tier = tier;
  }

  get pickLimit(): number {
    return this.inner.pickLimit ?? 0;
  }

  pick(view: PickView): number {
    const seen = new SeenView(view);
    const told = this.inner.scores?.(seen) ?? { means: '', scores: [] };
    seen.rewind();
    const picked = this.inner.pick(seen);
    const least = told.scores[bestOf(told)];
    const hasTie = told.scores.filter((score) => score === least).length > 1;
    this.means = told.means;
    this.candidates = this.#tier.endpoints.map(({ config }, at) => {
      const score = finite(told.scores[at]);
      const isTied = score !== undefined && hasTie && score === least;
      return {
        endpoint: config.name,
        weight: config.weight,
        inFlight: seen.inFlight(at),
        score,
        tie: isTied ? finite(told.ties?.[at]) : undefined,
        isPicked: at === picked,
        because:
          at === picked
            ? 'picked'
            : this.#tier.reasonAgainst(at) || told.asides?.[at] || against(score, isTied),
      };
    });
    return picked;
  }
}

function against(score: number | undefined, isTied: boolean): string {
  if (score === undefined) return 'the policy chose another';
  return isTied ? 'another one has as little, and its turn first' : 'another one has less';
}

function finite(value: number | undefined): number | undefined {
  return value === undefined || !Number.isFinite(value) ? undefined : value;
}

/** A tier that was watched in a pick. */
export interface WatchedTier {
  readonly endpoints: readonly Endpoint[];
  readonly watched: WatchedBalancer;
  /** For those that the policy was not asked about. */
  readonly inFlight: (at: number) => number;
}

/** All tiers of an upstream after a pick of one; `bound`: where `sticky` sends the exchange. */
export function accountOf(
  policy: string,
  tiers: readonly WatchedTier[],
  picked: Endpoint | undefined,
  bound: readonly Endpoint[] | undefined,
): PickAccount {
  const means = tiers.map(({ watched }) => watched.means).findLast((text) => text !== '') ?? '';
  const wasAsked = tiers.some(({ watched }) => watched.candidates.length > 0);
  const candidates = tiers.flatMap(({ endpoints, inFlight, watched }) => {
    if (watched.candidates.length > 0) return watched.candidates.map(chosenOr(picked));
    return endpoints.map((endpoint, at): PickCandidate => {
      const { name, weight } = endpoint.config;
      const isPicked = endpoint === picked;
      return {
        endpoint: name,
        weight,
        inFlight: inFlight(at) - (isPicked ? 1 : 0),
        score: undefined,
        tie: undefined,
        isPicked,
        because: isPicked
          ? 'sticky: the client is bound to it'
          : reasonUnasked(endpoint, bound, wasAsked),
      };
    });
  });
  return { policy, means, candidates };
}

/** The policy has chosen, and yet nobody was picked: then others have waited longer for the place. */
function chosenOr(picked: Endpoint | undefined): (candidate: PickCandidate) => PickCandidate {
  const because = 'it has room, but others wait in the queue before this one';
  return (candidate) => {
    const isLeft = candidate.isPicked && picked === undefined;
    return isLeft ? { ...candidate, isPicked: false, because } : candidate;
  };
}

/** Of an endpoint whose tier was not asked. */
function reasonUnasked(
  endpoint: Endpoint,
  bound: readonly Endpoint[] | undefined,
  wasAsked: boolean,
): string {
  if (bound?.includes(endpoint) === true) {
    return endpoint.reasonsOut().join(', ') || 'sticky: another one, or it is full or was tried';
  }
  if (bound !== undefined) return 'sticky: the client is bound elsewhere';
  return wasAsked ? 'backup: others are in service' : 'nobody was asked: it was turned away';
}
