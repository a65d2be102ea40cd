/** Data path. A balancer that is a function of weir.config.ts, over the cells that all threads share. */

import type { FunctionRef } from '#src/schema/function-ref.ts';
import type { Balancer, BalancerMaterial, PickView } from '#src/upstream/balancers/balancer.ts';
import { Rotation } from '#src/upstream/balancers/rotation.ts';
import type { BalancerEndpoint, BalancerView } from './contexts.ts';
import type { FunctionHost } from './function-host.ts';

/** What it sees between two calls: nothing. */
const NO_VIEW: PickView = {
  mayTake: ended,
  inFlight: ended,
  allInFlight: ended,
  timeUs: ended,
  nextTurn: ended,
  randomBits: ended,
  key: ended,
};

function ended(): never {
  throw new Error('a balancer must not keep what it was given beyond its return');
}

/** One that throws, or chooses what cannot be chosen, is counted and told; round robin chooses then. */
export class FunctionBalancer implements Balancer, BalancerView {
  readonly endpoints: readonly BalancerEndpoint[];
  readonly #ref: FunctionRef;
  readonly #host: FunctionHost;
  readonly #rotation: Rotation;
  view = NO_VIEW;

  constructor(ref: FunctionRef, { endpoints }: BalancerMaterial, host: FunctionHost) {
    this.#ref = ref;
    this.#host = host;
    this.#rotation = new Rotation(endpoints);
    this.endpoints = endpoints.map(
      ({ name, weight }, at) => new SeenEndpoint(this, at, name, weight),
    );
  }

  pick(view: PickView): number {
    const outer = this.view;
    this.view = view;
    try {
      const chosen = this.#host.call(this.#ref, this);
      const at = this.#indexOf(chosen);
      if (at >= 0 && view.mayTake(at)) return at;
      if (chosen !== undefined)
        throw new Error(`it chose ${describe(chosen)}, which cannot be used`);
    } catch (error) {
      this.#host.onBalancerFailed(this.#ref, error);
    } finally {
      this.view = outer;
    }
    return this.#rotation.pick(view);
  }

  /** −1: it is none of them. */
  #indexOf(chosen: unknown): number {
    if (chosen instanceof SeenEndpoint) return this.endpoints.indexOf(chosen);
    return Number.isInteger(chosen) && (chosen as number) < this.endpoints.length
      ? (chosen as number)
      : -1;
  }

  // ---- BalancerView ----------------------------------------------------------------------------

  nextTurn(): number {
    return this.view.nextTurn();
  }

  random(): number {
    return this.view.randomBits() / 2 ** 30;
  }
}

class SeenEndpoint implements BalancerEndpoint {
  readonly index: number;
  readonly name: string;
  readonly weight: number;
  readonly #balancer: FunctionBalancer;

  constructor(balancer: FunctionBalancer, index: number, name: string, weight: number) {
    this.#balancer = balancer;
    this.index = index;
    this.name = name;
    this.weight = weight;
  }

  get isUsable(): boolean {
    return this.#balancer.view.mayTake(this.index);
  }

  get inFlight(): number {
    return this.#balancer.view.inFlight(this.index);
  }

  get responseMs(): number | undefined {
    const us = this.#balancer.view.timeUs(this.index);
    return us < 0 ? undefined : us / 1_000;
  }
}

function describe(chosen: unknown): string {
  if (chosen instanceof SeenEndpoint) return chosen.name;
  return typeof chosen === 'object' && chosen !== null ? 'an object' : String(chosen);
}
