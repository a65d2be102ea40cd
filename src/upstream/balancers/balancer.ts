/** Data path. The contract of every balancing policy. */

import type { TimeMeasure } from '#src/shared/endpoint-times.ts';
import type { EndpointConfig } from '#src/upstream/endpoint/upstream-config.ts';

/** What a pick may know; endpoints by their index. A pick changes nothing but the turn. */
export interface PickView {
  /** Whether the exchange may go there now: in service, room for it, and not tried by it before. */
  mayTake(at: number): boolean;
  /** Exchanges that were sent there and have not left: over all threads, dials and queue included. */
  inFlight(at: number): number;
  /** The sum of `inFlight` over all endpoints, in one look. */
  allInFlight(): number;
  /**
   * How long it takes, in whole microseconds up to 2^30−1, by the measure that the policy named; −1:
   * not known.
   * Whole, as V8 puts a fraction that a call returns on the heap.
   */
  timeUs(at: number): number;
  /** Next round-robin position over all threads: 0 … 2^30−1, wrapping. */
  nextTurn(): number;
  /** 0 … 2^30−1 */
  randomBits(): number;
  /** The key of this exchange, for policies that hash one; one char per byte. */
  key(): string;
}

/** What a policy makes of each endpoint in one pick: for people, and off the data path. */
export interface PickScores {
  /** What the figures are. */
  readonly means: string;
  /**
   * By index. The least one is picked; of several the one with the least of `ties`, and of these the
   * first. NaN: it is not among those that are compared.
   */
  readonly scores: readonly number[];
  readonly ties?: readonly number[];
  /** By index: why one that may be taken is not compared; '' where there is nothing to say. */
  readonly asides?: readonly string[];
}

/** Chooses an endpoint, once per attempt, on the hot path: no allocation, no await, no throw. */
export interface Balancer {
  /** The index of an endpoint that may be taken; −1 only when there is none. */
  pick(view: PickView): number;
  /**
   * Where there is one, the policy bounds load: how many exchanges the endpoint of the last pick may
   * have in flight over all threads, that one included.
   */
  readonly pickLimit?: number;
  /**
   * By what the next `pick` of that view chooses, if that asks for the same turns and random bits
   * (seen-view.ts). Changes nothing. A policy without it keeps its reasons to itself.
   */
  scores?(view: PickView): PickScores;
}

/** What a balancer is made of: nothing of it changes while it lives. */
export interface BalancerMaterial {
  readonly endpoints: readonly Pick<EndpointConfig, 'name' | 'server' | 'weight'>[];
  /** Words behind the name of the policy's directive, checked by `check`. */
  readonly words: readonly string[];
}

/** A policy: what it is called in configuration, and how it is made. */
export interface BalancerKind {
  /** Its directive in `upstream`; round robin, which needs none, has the name `round_robin`. */
  readonly name: string;
  /** For docs/directives.md: what stands behind the name, and what it does. */
  readonly usage: string;
  readonly doc: string;
  readonly minWords: number;
  readonly maxWords: number;
  /** Says what is wrong with the words behind the name: the index of the word, and what to write. */
  check?(words: readonly string[]): { readonly at: number; readonly advice: string } | undefined;
  /** Text with `$names` that is hashed; undefined: the policy takes no key. */
  keyText?(words: readonly string[]): string;
  measure?(words: readonly string[]): TimeMeasure;
  /** As in nginx, `backup` and a policy that maps keys to endpoints exclude each other. */
  readonly takesBackup: boolean;
  create(material: BalancerMaterial): Balancer;
}
