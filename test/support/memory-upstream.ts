// An upstream for tests of the API: a list in memory over a real endpoint table.

import type {
  MemberChanges,
  PeerChecks,
  PeerCounts,
  SteeredMember,
  SteeredUpstream,
  SteeringResult,
} from '#src/admin/steered-upstream.ts';
import { parseAddress } from '#src/base/address.ts';
import type { EndpointTable } from '#src/shared/endpoint-table.ts';
import { type EndpointConfig, USUAL_TRAITS } from '#src/upstream/endpoint/upstream-config.ts';

/** An endpoint as a `server` line with that address makes it. */
export function endpointConfig(name: string, more: Partial<EndpointConfig> = {}): EndpointConfig {
  const address = parseAddress(name, 80);
  if (address === undefined) throw new Error(`no address: ${name}`);
  const place = { file: 'weir.conf', line: 1, column: 1 };
  return { ...USUAL_TRAITS, address, name, server: name, place, ...more };
}

/** Slots 0 to `slotCount` - 1 of a table that has nothing else. */
export class MemoryUpstream implements SteeredUpstream {
  readonly name: string;
  readonly zone: string;
  readonly isStatic: boolean;
  readonly queue = undefined;
  readonly #table: EndpointTable;
  readonly #slots: (SteeredMember | undefined)[];

  constructor(
    name: string,
    table: EndpointTable,
    members: readonly EndpointConfig[],
    slotCount = members.length,
  ) {
    this.name = name;
    this.zone = name;
    this.isStatic = slotCount === members.length;
    this.#table = table;
    this.#slots = Array.from({ length: slotCount }, (_, slot) => {
      const config = members[slot];
      if (config === undefined) return undefined;
      return { slot, config, admin: 'up', source: 'configuration', state: 'up' };
    });
  }

  get hasBackup(): boolean {
    return this.members().some(({ config }) => config.tier > 0);
  }

  members(): readonly SteeredMember[] {
    return this.#slots.filter((member) => member !== undefined);
  }

  counts(slot: number): PeerCounts {
    return {
      active: this.#table.active(slot),
      requests: this.#table.requests(slot),
      fails: this.#table.failures(slot),
      unavail: 0,
      headerMs: -1,
      responseMs: -1,
      downtimeMs: 0,
      downSinceMs: 0,
    };
  }

  checks(): PeerChecks {
    return { checks: 0, fails: 0, unhealthy: 0, lastPassed: undefined };
  }

  add(config: EndpointConfig, admin: SteeredMember['admin']): SteeringResult {
    const slot = this.#slots.indexOf(undefined);
    if (slot < 0) return { ok: false, reason: 'full', text: 'no slot is free' };
    this.#slots[slot] = { slot, config, admin, source: 'api', state: stateOf(admin) };
    return { ok: true, slot };
  }

  change(slot: number, { admin, ...traits }: MemberChanges): SteeringResult {
    const before = this.#slots[slot];
    if (before === undefined) return { ok: false, reason: 'gone', text: 'nobody is there' };
    const now = admin ?? before.admin;
    const config = { ...before.config, ...traits };
    this.#slots[slot] = { ...before, config, admin: now, state: stateOf(now) };
    return { ok: true, slot };
  }

  remove(slot: number): SteeringResult {
    this.#slots[slot] = undefined;
    return { ok: true, slot };
  }
}

function stateOf(admin: SteeredMember['admin']): SteeredMember['state'] {
  return admin === 'drain' ? 'draining' : admin;
}
