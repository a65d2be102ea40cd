/** An upstream of the generation that serves, for the API: its table, and with a roster its changes. */
import type { EndpointEvents } from '#src/shared/endpoint-events.ts';
import type { EndpointTable } from '#src/shared/endpoint-table.ts';
import type { EndpointConfig } from '#src/upstream/endpoint/upstream-config.ts';
import type { HealthReport } from '#src/upstream/health/active-checks.ts';
import { PeerTimes } from './peer-times.ts';
import { StateWatch } from './state-watch.ts';
import type {
  MemberChanges,
  PeerChecks,
  PeerCounts,
  SteeredMember,
  SteeredUpstream,
  SteeringResult,
} from './steered-upstream.ts';
import { adminOf, TableView } from './table-upstream.ts';

/** What has to be known of an upstream to tell of it. Plain data. */
export interface NamedUpstream {
  /** Its id in the model. */
  readonly id: number;
  readonly name: string;
  /** Of its first endpoint, in the endpoint table. */
  readonly firstEndpoint: number;
  /** Most that wait in its queue; 0 without one. */
  readonly queueLength: number;
  readonly endpoints: readonly EndpointConfig[];
}

/** Who is in an upstream that can change; a roster of src/upstream/roster fits. */
export interface MemberList {
  members(): readonly Omit<SteeredMember, 'state'>[];
  add(config: EndpointConfig, admin: SteeredMember['admin']): SteeringResult;
  change(slot: number, changes: MemberChanges): SteeringResult;
  remove(slot: number): SteeringResult;
}

/** What active checks say of an endpoint, by its number in the endpoint table. */
export type HealthOf = (endpoint: number) => HealthReport | undefined;

const NO_CHECKS: PeerChecks = { checks: 0, fails: 0, unhealthy: 0, lastPassed: undefined };
const STATIC: SteeringResult = { ok: false, reason: 'refused', text: 'the upstream is static' };

/** One of them. */
export class LiveUpstream implements SteeredUpstream {
  readonly #named: NamedUpstream;
  readonly #table: EndpointTable;
  readonly #view: TableView;
  readonly #watch: StateWatch;
  readonly #list: MemberList | undefined;
  readonly #healthOf: HealthOf;
  /** By slot. */
  readonly #times = new Map<number, { readonly name: string; readonly times: PeerTimes }>();

  /** Without `list` it is static: it has no `zone`. */
  constructor(
    named: NamedUpstream,
    table: EndpointTable,
    events: EndpointEvents,
    list: MemberList | undefined,
    healthOf: HealthOf = () => undefined,
  ) {
    this.#named = named;
    this.#table = table;
    this.#view = new TableView(table, named.id, named.firstEndpoint);
    this.#watch = new StateWatch(named.name, events);
    this.#list = list;
    this.#healthOf = healthOf;
  }

  get name(): string {
    return this.#named.name;
  }

  get zone(): string {
    return this.#named.name;
  }

  get isStatic(): boolean {
    return this.#list === undefined;
  }

  get hasBackup(): boolean {
    return this.#named.endpoints.some(({ tier }) => tier > 0);
  }

  get queue(): SteeredUpstream['queue'] {
    return this.#view.queueOf(this.#named.queueLength);
  }

  members(): readonly SteeredMember[] {
    const list = this.#list?.members() ?? this.#named.endpoints.map(asConfigured);
    return list.map((member) => {
      const { admin, config, slot } = member;
      if (admin !== 'up') return { ...member, state: admin === 'drain' ? 'draining' : 'down' };
      const state = this.#view.stateOf(slot, config);
      const isNew = state === 'unhealthy' && this.#healthOfSlot(slot)?.verdict === 'checking';
      return { ...member, state: isNew ? 'checking' : state };
    });
  }

  counts(slot: number): PeerCounts {
    const history = this.#watch.historyOf(slot);
    const { headerMs = -1, responseMs = -1 } = this.#times.get(slot)?.times ?? {};
    const { awayMs = 0, sinceMs = 0, unavailCount = 0 } = history ?? {};
    return {
      ...this.#view.countsOf(slot),
      headerMs,
      responseMs,
      unavail: unavailCount,
      downtimeMs: awayMs + (sinceMs === 0 ? 0 : Date.now() - sinceMs),
      downSinceMs: sinceMs,
    };
  }

  checks(slot: number): PeerChecks {
    const counts = this.#healthOfSlot(slot)?.counts;
    return counts === undefined ? NO_CHECKS : { ...counts, lastPassed: counts.lastPassed };
  }

  add(config: EndpointConfig, admin: SteeredMember['admin']): SteeringResult {
    return this.#list?.add(config, admin) ?? STATIC;
  }

  change(slot: number, changes: MemberChanges): SteeringResult {
    return this.#list?.change(slot, changes) ?? STATIC;
  }

  remove(slot: number): SteeringResult {
    return this.#list?.remove(slot) ?? STATIC;
  }

  /** Every WATCH_INTERVAL_MS: what changed by itself is told and remembered. */
  look(nowMs: number): void {
    const { firstEndpoint } = this.#named;
    const { standing } = this.#table;
    const members = this.members();
    for (const { config, slot } of members) this.#lookAtTimes(slot, config.name, nowMs);
    const glances = members.map(({ config, slot, state }) => {
      const endpoint = firstEndpoint + slot;
      const hasFailed = standing.failCount(endpoint) > 0;
      return { slot, state, name: config.name, out: standing.out(endpoint), hasFailed };
    });
    this.#watch.look(glances, nowMs);
  }

  #lookAtTimes(slot: number, name: string, nowMs: number): void {
    if (this.#table.isVacant(this.#named.firstEndpoint + slot))
      return void this.#times.delete(slot);
    let known = this.#times.get(slot);
    if (known?.name !== name) {
      known = { name, times: new PeerTimes() };
      this.#times.set(slot, known);
    }
    known.times.look(this.#view.sumsOf(slot), nowMs);
  }

  #healthOfSlot(slot: number): HealthReport | undefined {
    return this.#healthOf(this.#named.firstEndpoint + slot);
  }
}

function asConfigured(config: EndpointConfig, slot: number): Omit<SteeredMember, 'state'> {
  return { slot, config, admin: adminOf(config), source: 'configuration' };
}
