/** Who is in the upstreams that are judged. */
import type { EndpointConfig } from '#src/upstream/endpoint/upstream-config.ts';
import type { JudgedMember } from '#src/upstream/judges/judged-endpoint.ts';
import type { Outline } from './messages.ts';

/** An upstream that may change, as its roster tells it (src/upstream/roster). */
export interface ChangingUpstream {
  readonly id: number;
  readonly firstEndpoint: number;
  readonly members: readonly {
    readonly slot: number;
    readonly config: EndpointConfig;
    readonly admin: 'up' | 'drain' | 'down';
  }[];
}

export class JudgedMembers {
  readonly #changing: ReadonlyMap<number, ChangingUpstream>;
  /** By endpoint: how many have had its place since the start. */
  readonly #tenancies = new Map<number, number>();
  /** By upstream; of one that has changed undefined, until somebody asks. */
  readonly #lists: (readonly JudgedMember[] | undefined)[];

  /** `changing`: those that may; all others are as the outline has them. */
  constructor(outline: Outline, changing: readonly ChangingUpstream[] = []) {
    this.#changing = new Map(changing.map((upstream) => [upstream.id, upstream]));
    this.#lists = configuredMembers(outline);
    for (const { id } of changing) this.#lists[id] = undefined;
  }

  /** The same array as long as nothing has changed. */
  of(upstream: number): readonly JudgedMember[] {
    const known = this.#lists[upstream];
    if (known !== undefined) return known;
    const { firstEndpoint = 0, members = [] } = this.#changing.get(upstream) ?? {};
    const list = members.map(({ admin, config, slot }): JudgedMember => {
      const { name, slowStartMs, tier } = config;
      const isWanted = admin === 'up';
      const endpoint = firstEndpoint + slot;
      const tenancy = this.#tenancies.get(endpoint) ?? 0;
      return { endpoint, tenancy, name, tier, startsSlowly: slowStartMs > 0, isWanted };
    });
    this.#lists[upstream] = list;
    return list;
  }

  /** Somebody came to that place, went or (not `isNew`) was changed. */
  onTenant(upstream: number, endpoint: number, isNew: boolean): void {
    if (!this.#changing.has(upstream)) return;
    this.#lists[upstream] = undefined;
    if (isNew) this.#tenancies.set(endpoint, (this.#tenancies.get(endpoint) ?? 0) + 1);
  }
}

function configuredMembers(outline: Outline): JudgedMember[][] {
  const lists = outline.upstreams.map((): JudgedMember[] => []);
  outline.endpoints.forEach((path, endpoint) => {
    if (path === '') return; // a spare place
    const upstream = outline.endpointUpstreams[endpoint] ?? -1;
    lists[upstream]?.push({
      endpoint,
      tenancy: 0,
      name: path.slice((outline.upstreams[upstream]?.length ?? 0) + 1),
      tier: outline.endpointTiers[endpoint] ?? 0,
      startsSlowly: outline.endpointSlowStarts[endpoint] ?? false,
      isWanted: outline.endpointWanted[endpoint] ?? true,
    });
  });
  return lists;
}
