import type { Roster, RosterMember } from '#src/upstream/roster/roster.ts';
import type { Outline } from './messages.ts';
import { pathOf } from './outline-names.ts';

/** The outline of a generation, with endpoints as they are now: places are taken and become free. */
export class LiveOutline {
  readonly outline: Outline;
  readonly #endpoints: string[];
  readonly #weights: number[];
  readonly #tiers: number[];
  readonly #slowStarts: boolean[];

  constructor(outline: Outline) {
    this.#endpoints = [...outline.endpoints];
    this.#weights = [...outline.endpointWeights];
    this.#tiers = [...outline.endpointTiers];
    this.#slowStarts = [...outline.endpointSlowStarts];
    this.outline = {
      ...outline,
      endpoints: this.#endpoints,
      endpointWeights: this.#weights,
      endpointTiers: this.#tiers,
      endpointSlowStarts: this.#slowStarts,
    };
  }

  /** The place has this tenant, perhaps changed, or none (undefined). */
  onTenant(
    { config, firstEndpoint }: Roster,
    slot: number,
    member: RosterMember | undefined,
  ): void {
    const id = firstEndpoint + slot;
    this.#endpoints[id] = member === undefined ? '' : pathOf(config.name, member.config);
    this.#weights[id] = member?.config.weight ?? 0;
    this.#tiers[id] = member?.config.tier ?? 0;
    this.#slowStarts[id] = (member?.config.slowStartMs ?? 0) > 0;
  }
}
