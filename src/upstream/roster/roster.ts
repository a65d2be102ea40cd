/**
 * Who is in an upstream, and what its slots in the endpoint table are used for. Belongs to the
 * generation's main thread; proxy threads are sent the whole list of an upstream when it changes.
 *
 * Shared memory does not grow, so an upstream that may change has spare slots from the start. What is
 * taken out gets nothing from that moment on, in any thread; what is in flight there ends by itself.
 * Its slot is used again when all threads have taken over a list without it and nothing is in flight
 * there, and its next tenant gets something when all threads have zeroed what they had counted of the
 * one before.
 */

import {
  DEGRADED,
  OUT_BREAKER,
  OUT_CHECK,
  OUT_DOWN,
  OUT_DRAIN,
  OUT_FLAPPING,
  OUT_GONE,
  OUT_OUTLIER,
} from '#src/shared/endpoint-standing.ts';
import type { EndpointTable } from '#src/shared/endpoint-table.ts';
import type { EndpointConfig, UpstreamConfig } from '#src/upstream/endpoint/upstream-config.ts';
import { isSameEndpoint } from './same-endpoint.ts';

/** What somebody who steers wants of it; `drain` takes those that `sticky` has bound to it. */
export type AdminState = 'up' | 'drain' | 'down';

/** One endpoint of an upstream, now. */
export interface RosterMember {
  /** Its id in the endpoint table is the first id of the upstream and this. */
  readonly slot: number;
  /** What holds now; `down` and `drain` of it say what the configuration said, see `admin`. */
  readonly config: EndpointConfig;
  /** Who named it: `configuration`, `dns:NAME`, `provider:NAME`, `api`. */
  readonly source: string;
  readonly admin: AdminState;
}

/** What can be changed at run time; what is not named stays. */
export type RosterChange = Partial<
  Pick<
    EndpointConfig,
    'failTimeoutMs' | 'maxConns' | 'maxFails' | 'route' | 'slowStartMs' | 'tier' | 'weight'
  > & { readonly admin: AdminState }
>;

/** What came of a wish. */
export interface RosterResult {
  readonly added: readonly RosterMember[];
  readonly changed: readonly RosterMember[];
  readonly removed: readonly RosterMember[];
  /** What was not done, for programs; undefined: all was. */
  readonly problem: RosterProblem | undefined;
  /** The same for people, with what to do. '': all was done. */
  readonly advice: string;
}

/** `full`: no slot for some (of a `replace`, they come as slots get free). */
export type RosterProblem = 'empty' | 'full' | 'unknown';

/** Of one upstream, for threads. */
export interface RosterList {
  /** Id of the upstream. */
  readonly upstream: number;
  /** Counts up with each list. */
  readonly version: number;
  readonly members: readonly { readonly slot: number; readonly config: EndpointConfig }[];
  /** Slots whose tenant is new: the thread zeroes what it has counted there before. */
  readonly zero: readonly number[];
}

/** What a roster is for, and what it needs. */
export interface RosterSetting {
  readonly id: number;
  readonly config: UpstreamConfig;
  readonly firstEndpoint: number;
  /** At least as many as endpoints are configured. */
  readonly slots: number;
}

/** Who hears of changes. */
export interface RosterOwner {
  /** To be sent to all threads, which say `acknowledge`. */
  publish(list: RosterList): void;
  /** All threads that run have acknowledged this version of the list of this upstream, or a later one. */
  hasReached(upstream: number, version: number): boolean;
  /**
   * A slot has a tenant, or (undefined) none: whoever keeps something about it is told. `isNew`: it is
   * not the one before, changed.
   */
  onTenant(roster: Roster, slot: number, member: RosterMember | undefined, isNew: boolean): void;
  /** A line for the error log. */
  warn(line: string): void;
  /** Now, as `sharedNowMs`. */
  nowMs(): number;
}

interface Tenant extends RosterMember {
  /** What its source said last: what that does not change, nobody's change is undone by. */
  readonly given: EndpointConfig;
}

const NOTHING = { added: [], changed: [], removed: [], problem: undefined, advice: '' } as const;
const JUDGED = OUT_CHECK | OUT_OUTLIER | OUT_BREAKER | OUT_FLAPPING | DEGRADED;

export class Roster {
  readonly id: number;
  readonly config: UpstreamConfig;
  readonly firstEndpoint: number;
  readonly slots: number;
  readonly #table: EndpointTable;
  readonly #owner: RosterOwner;
  /** By slot. */
  readonly #tenants: (Tenant | undefined)[];
  /** Version of the first list without the last tenant; 0: never had one. */
  readonly #leftWith: number[];
  /** Slots with a tenant that waits until all threads have zeroed theirs: version of that list. */
  readonly #joining = new Map<number, number>();
  /** What a source named and there was no slot for. */
  readonly #waiting = new Map<string, readonly EndpointConfig[]>();
  #version = 0;
  /** Sources that named nothing the last time: it is said once. */
  readonly #empty = new Set<string>();

  constructor(setting: RosterSetting, table: EndpointTable, owner: RosterOwner) {
    this.id = setting.id;
    this.config = setting.config;
    this.firstEndpoint = setting.firstEndpoint;
    this.slots = setting.slots;
    this.#table = table;
    this.#owner = owner;
    const { endpoints } = setting.config;
    this.#leftWith = Array.from({ length: setting.slots }, () => 0);
    this.#tenants = Array.from({ length: setting.slots }, (_, slot) => {
      const config = endpoints[slot];
      if (config === undefined) return undefined;
      const admin = adminOf(config);
      return { slot, config, given: config, source: config.source ?? 'configuration', admin };
    });
    for (const member of this.members) this.#applyAdmin(member);
  }

  /** In the order of their slots. */
  get members(): readonly RosterMember[] {
    return this.#tenants.filter((tenant) => tenant !== undefined);
  }

  /** The one that has this slot. */
  memberAt(slot: number): RosterMember | undefined {
    return this.#tenants[slot];
  }

  /** Id of a slot in the endpoint table. */
  endpointOf(slot: number): number {
    return this.firstEndpoint + slot;
  }

  /** Slots that could have a tenant at once. */
  get freeCount(): number {
    return this.#tenants.filter((_, slot) => this.#isFree(slot)).length;
  }

  /** What no slot was found for, and still waits. */
  get waitingCount(): number {
    return [...this.#waiting.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** A tenant waits for threads, or an endpoint for a slot: `look` is worth a call. */
  get isSettled(): boolean {
    return this.#joining.size === 0 && this.#waiting.size === 0;
  }

  /** Present members of that source. */
  membersOf(source: string): readonly RosterMember[] {
    return this.members.filter((member) => member.source === source);
  }

  /**
   * What this source names now. Those it named before and no longer are taken out; those whose
   * address stays keep slot, counts, and what was changed at run time, unless the source itself now
   * says otherwise. An empty list changes nothing: a source that has lost its mind must not stop
   * traffic. What finds no slot comes later, as slots get free.
   */
  replace(source: string, endpoints: readonly EndpointConfig[]): RosterResult {
    const before = this.#tenants.filter((tenant) => tenant?.source === source) as Tenant[];
    if (endpoints.length === 0) {
      if (before.length === 0) return NOTHING;
      const advice = `"${source}" names no server for upstream "${this.config.name}": the last ${before.length} stay`;
      if (!this.#empty.has(source)) this.#owner.warn(advice);
      this.#empty.add(source);
      return { ...NOTHING, problem: 'empty', advice };
    }
    this.#empty.delete(source);
    const old = new Map(before.map((tenant) => [tenant.config.name, tenant]));
    const wanted = new Map(endpoints.map((config) => [config.name, config]));
    const added: RosterMember[] = [];
    const changed: RosterMember[] = [];
    const removed: RosterMember[] = [];
    for (const tenant of before) {
      const given = wanted.get(tenant.config.name);
      if (old.get(tenant.config.name) !== tenant || given === undefined) {
        removed.push(this.#takeOut(tenant));
      } else if (!isSameEndpoint(given, tenant.given)) {
        const isSame = adminOf(given) === adminOf(tenant.given);
        const admin = isSame ? tenant.admin : adminOf(given);
        changed.push(this.#put({ ...tenant, config: given, given, admin }));
      }
    }
    const late: EndpointConfig[] = [];
    for (const [name, config] of wanted) {
      if (old.has(name)) continue;
      const member = this.#settle(source, config);
      if (member === undefined) late.push(config);
      else added.push(member);
    }
    const isNews = !haveSameNames(late, this.#waiting.get(source) ?? []);
    if (late.length === 0) this.#waiting.delete(source);
    else this.#waiting.set(source, late);
    this.#publishIf(added.length + changed.length + removed.length > 0);
    const done = { added, changed, removed };
    if (late.length === 0) return { ...done, problem: undefined, advice: '' };
    const advice = this.#adviceFor(late);
    if (isNews) this.#owner.warn(advice);
    return { ...done, problem: 'full', advice };
  }

  /** One more; `full` when there is no slot for it now. */
  add(config: EndpointConfig, source = 'api'): RosterResult {
    const member = this.#settle(source, config);
    if (member === undefined) {
      const advice = this.#adviceFor([config]);
      this.#owner.warn(advice);
      return { ...NOTHING, problem: 'full', advice };
    }
    this.#publishIf(true);
    return { ...NOTHING, added: [member] };
  }

  /** It gets nothing from now on; what is in flight ends. */
  remove(slot: number): RosterResult {
    const tenant = this.#tenants[slot];
    if (tenant === undefined) return this.#unknown(slot);
    const removed = [this.#takeOut(tenant)];
    this.#publishIf(true);
    return { ...NOTHING, removed };
  }

  change(slot: number, { admin, ...traits }: RosterChange): RosterResult {
    const tenant = this.#tenants[slot];
    if (tenant === undefined) return this.#unknown(slot);
    const config = { ...tenant.config, ...traits };
    const member = this.#put({ ...tenant, config, admin: admin ?? tenant.admin });
    this.#publishIf(true);
    return { ...NOTHING, changed: [member] };
  }

  /** After acknowledgements, and now and then: who waited for threads or for a slot comes in. */
  look(): readonly RosterMember[] {
    for (const [slot, version] of this.#joining) {
      if (!this.#owner.hasReached(this.id, version)) continue;
      this.#joining.delete(slot);
      this.#table.setOut(this.endpointOf(slot), OUT_GONE, false);
      this.#startSlowly(slot);
    }
    const added: RosterMember[] = [];
    for (const [source, configs] of this.#waiting) {
      const late = configs.filter((config) => {
        const member = this.#settle(source, config);
        if (member !== undefined) added.push(member);
        return member === undefined;
      });
      if (late.length === 0) this.#waiting.delete(source);
      else this.#waiting.set(source, late);
    }
    this.#publishIf(added.length > 0);
    return added;
  }

  /** For a thread that starts anew; undefined: the list of the configuration holds. */
  get list(): RosterList | undefined {
    if (this.#version === 0) return undefined;
    const members = this.members.map(({ slot, config }) => {
      // Bits of the endpoint table say who is not wanted: they hold in all threads at once.
      return { slot, config: { ...config, down: false, drain: false } };
    });
    return { upstream: this.id, version: this.#version, members, zero: [...this.#joining.keys()] };
  }

  /** A thread is gone: what it would have to zero is zeroed for it. */
  onThreadGone(thread: number): void {
    for (const slot of this.#joining.keys()) this.#table.zeroCounts(this.endpointOf(slot), thread);
  }

  /** Undefined: there is no slot. */
  #settle(source: string, config: EndpointConfig): Tenant | undefined {
    const slot = this.#tenants.findIndex((_, at) => this.#isFree(at));
    if (slot < 0) return undefined;
    const endpoint = this.endpointOf(slot);
    const { standing, times } = this.#table;
    const admin = adminOf(config);
    this.#table.setForeign(endpoint, 0);
    times.join(endpoint, 0);
    standing.forgetFailures(endpoint);
    standing.setOut(endpoint, JUDGED, false);
    const isUsed = (this.#leftWith[slot] as number) > 0;
    if (isUsed) this.#joining.set(slot, this.#version + 1);
    const tenant = this.#put({ slot, source, config, given: config, admin });
    if (!isUsed) {
      this.#startSlowly(slot);
      standing.setOut(endpoint, OUT_GONE, false);
    }
    return tenant;
  }

  #put(tenant: Tenant): Tenant {
    const before = this.#tenants[tenant.slot];
    this.#tenants[tenant.slot] = tenant;
    this.#applyAdmin(tenant);
    this.#owner.onTenant(this, tenant.slot, tenant, before === undefined);
    const isBack = before !== undefined && before.admin === 'down' && tenant.admin === 'up';
    if (isBack) this.#startSlowly(tenant.slot);
    if (before !== undefined && before.config.maxFails !== tenant.config.maxFails) {
      this.#table.standing.forgetFailures(this.endpointOf(tenant.slot));
    }
    return tenant;
  }

  #takeOut(tenant: Tenant): RosterMember {
    const { slot } = tenant;
    this.#table.setOut(this.endpointOf(slot), OUT_GONE, true);
    this.#tenants[slot] = undefined;
    this.#joining.delete(slot);
    this.#leftWith[slot] = this.#version + 1;
    this.#owner.onTenant(this, slot, undefined, false);
    return tenant;
  }

  #applyAdmin({ admin, slot }: RosterMember): void {
    const endpoint = this.endpointOf(slot);
    this.#table.setOut(endpoint, OUT_DOWN, admin === 'down');
    this.#table.setOut(endpoint, OUT_DRAIN, admin === 'drain');
  }

  #startSlowly(slot: number): void {
    const isSlow = (this.#tenants[slot]?.config.slowStartMs ?? 0) > 0;
    this.#table.times.join(this.endpointOf(slot), isSlow ? this.#owner.nowMs() : 0);
  }

  #isFree(slot: number): boolean {
    if (this.#tenants[slot] !== undefined) return false;
    const version = this.#leftWith[slot] as number;
    if (version === 0) return true;
    if (!this.#owner.hasReached(this.id, version)) return false;
    return this.#table.ownActive(this.endpointOf(slot)) === 0;
  }

  #publishIf(hasChanged: boolean): void {
    if (!hasChanged) return;
    this.#version += 1;
    if (this.list !== undefined) this.#owner.publish(this.list);
    this.#table.queues.wakeAllFirst();
  }

  #adviceFor(late: readonly EndpointConfig[]): string {
    const names = late.slice(0, 3).map(({ name }) => name);
    const more = late.length > names.length ? ` and ${late.length - names.length} more` : '';
    const busy = this.#tenants.filter((tenant, slot) => {
      return tenant === undefined && !this.#isFree(slot);
    }).length;
    const then = busy === 0 ? '' : `, and ${busy} are held by what still ends at servers taken out`;
    return (
      `no room in upstream "${this.config.name}" for ${names.join(', ')}${more}: it has ` +
      `${this.slots} places${then}; give its "zone" a larger size (2k per server)`
    );
  }

  #unknown(slot: number): RosterResult {
    const advice = `upstream "${this.config.name}" has no server ${slot}`;
    return { ...NOTHING, problem: 'unknown', advice };
  }
}

function adminOf({ down, drain }: EndpointConfig): AdminState {
  if (down) return 'down';
  return drain ? 'drain' : 'up';
}

function haveSameNames(one: readonly EndpointConfig[], other: readonly EndpointConfig[]): boolean {
  const names = new Set(other.map(({ name }) => name));
  return one.length === names.size && one.every(({ name }) => names.has(name));
}
