/** A model whose parts report to a recorder when they are used. What they do is what the real ones do. */

import type { Exchange } from '#src/exchange/exchange.ts';
import { errorPageDirectives } from '#src/routing/directives.ts';
import type { ErrorPage, ErrorPages, Location, VirtualServer } from '#src/routing/model.ts';
import type { Step } from '#src/routing/rewrite-steps.ts';
import type { CapturingPattern } from '#src/schema/directive.ts';
import type { Place } from '#src/schema/problem.ts';
import type { DirectiveIndex } from './directive-index.ts';
import type { Recorders } from './recorder.ts';

/** The servers of a model, observed. `change`: what else is different in the copies of locations. */
export function observedServers(
  servers: readonly VirtualServer[],
  index: DirectiveIndex,
  recorders: Recorders,
  change: ChangeLocation = () => ({}),
): readonly VirtualServer[] {
  return servers.map((server) => new ServerObserver(index, recorders, change).observe(server));
}

/** What a copy of a location has of its own. */
export type ChangeLocation = (location: Location) => Partial<Location>;

class ServerObserver {
  readonly #index: DirectiveIndex;
  readonly #recorders: Recorders;
  readonly #change: ChangeLocation;
  readonly #copies = new Map<Location, Location>();

  constructor(index: DirectiveIndex, recorders: Recorders, change: ChangeLocation) {
    this.#change = change;
    this.#index = index;
    this.#recorders = recorders;
  }

  observe(server: VirtualServer): VirtualServer {
    return {
      ...server,
      locations: server.locations.map((location) => this.#copyOf(location)),
      conditional: server.conditional.map((location) => this.#copyOf(location)),
      fallback: this.#copyOf(server.fallback),
    };
  }

  /** One copy of each: locations are compared by identity. */
  #copyOf(location: Location): Location {
    const known = this.#copies.get(location);
    if (known !== undefined) return known;
    const { match, outer, rewrites } = location;
    const copy: Location = {
      ...location,
      ...this.#change(location),
      match: {
        ...match,
        pattern: match.pattern && {
          exec: (text) => this.#triedIn(copy, match.pattern as CapturingPattern<Exchange>, text),
          keep: (exchange, captures) => match.pattern?.keep(exchange, captures),
        },
      },
      outer: outer && this.#copyOf(outer),
      rewrites: rewrites && { steps: this.#steps(rewrites.steps, 0), isLogged: false },
      errorPages: this.#pages(location),
    };
    this.#copies.set(location, copy);
    return copy;
  }

  #triedIn(
    location: Location,
    pattern: CapturingPattern<Exchange>,
    text: string,
  ): ReturnType<CapturingPattern<Exchange>['exec']> {
    const captures = pattern.exec(text);
    this.#recorders.current.onPatternTried(location, captures !== undefined);
    return captures;
  }

  /** In front of each step stands one that holds never and tells that it was come to. */
  #steps(steps: readonly Step[], depth: number): readonly Step[] {
    return steps.flatMap((step) => {
      const probe: Step = {
        kind: 'if',
        condition: '',
        holds: (exchange) => {
          this.#recorders.of(exchange).onStep(steps, step, depth);
          return false;
        },
        steps: [],
        location: undefined,
        place: step.place,
      };
      return [probe, this.#step(step, depth)];
    });
  }

  #step(step: Step, depth: number): Step {
    if (step.kind === 'rewrite') {
      const { pattern } = step;
      const exec = (text: string) => {
        const captures = pattern.exec(text);
        this.#recorders.current.onAsked(captures !== undefined);
        return captures;
      };
      const keep: CapturingPattern<Exchange>['keep'] = (...what) => pattern.keep(...what);
      return { ...step, pattern: { exec, keep } };
    }
    if (step.kind !== 'if') return step;
    const location = step.location && this.#copyOf(step.location);
    const holds = (exchange: Exchange): boolean => {
      const isMet = step.holds(exchange);
      const recorder = this.#recorders.of(exchange);
      recorder.onAsked(isMet);
      if (isMet && location !== undefined) recorder.touchLocation(location);
      return isMet;
    };
    return { ...step, holds, location, steps: this.#steps(step.steps, depth + 1) };
  }

  #pages(location: Location): ErrorPages {
    const { byStatus } = location.errorPages;
    if (byStatus === undefined) return location.errorPages;
    const pages = [...byStatus].map(([status, page]) => {
      return [status, this.#page(location, status, page)] as const;
    });
    return { ...location.errorPages, byStatus: new Map(pages) };
  }

  /** Its target is asked for when it answers, and then only. */
  #page(location: Location, status: number, page: ErrorPage): ErrorPage {
    const place = this.#placeOfPage(location, status);
    const evaluate = (exchange: Exchange): string => {
      const target = page.target.evaluate(exchange);
      this.#recorders.of(exchange).onPage(location, place, target);
      return target;
    };
    return { ...page, target: { constant: undefined, isOfConnection: false, evaluate } };
  }

  /** As in nginx, of several lines for one status the first counts. */
  #placeOfPage({ place }: Location, status: number): Place {
    const nodes = this.#index.holdingIn(place, errorPageDirectives.errorPages);
    return nodes.find(({ words }) => words.some(({ text }) => text === `${status}`)) ?? place;
  }
}
