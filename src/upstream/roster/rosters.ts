/** All rosters of a generation, and what its threads have taken over of them. */

import type { EndpointTable } from '#src/shared/endpoint-table.ts';
import { sharedNowMs } from '#src/shared/endpoint-times.ts';
import {
  Roster,
  type RosterList,
  type RosterMember,
  type RosterOwner,
  type RosterSetting,
} from './roster.ts';

/** How often `look` is worth a call: what waits for a slot comes in so late. */
export const ROSTER_LOOK_MS = 200;

/** What they need of the generation. */
export interface RosterHost {
  /** To every thread that runs. */
  publish(list: RosterList): void;
  /** See RosterOwner. */
  onTenant(roster: Roster, slot: number, member: RosterMember | undefined, isNew: boolean): void;
  warn(line: string): void;
  notice(line: string): void;
}

/** Of the generation's main thread. */
export class Rosters implements RosterOwner {
  readonly #host: RosterHost;
  readonly #byId: ReadonlyMap<number, Roster>;
  /** Threads that run, each with the version it has taken over, by upstream. */
  readonly #threads = new Map<number, Map<number, number>>();

  constructor(settings: readonly RosterSetting[], table: EndpointTable, host: RosterHost) {
    this.#host = host;
    this.#byId = new Map(settings.map((setting) => [setting.id, new Roster(setting, table, this)]));
  }

  get all(): readonly Roster[] {
    return [...this.#byId.values()];
  }

  /** By the id of the upstream; undefined: it cannot change. */
  at(upstream: number): Roster | undefined {
    return this.#byId.get(upstream);
  }

  /** By the name of the upstream. */
  named(name: string): Roster | undefined {
    return this.all.find(({ config }) => config.name === name);
  }

  /** A thread has made its server: it must take these over before it serves. */
  onThreadBuilt(thread: number): readonly RosterList[] {
    this.#threads.set(thread, new Map());
    return this.all.flatMap(({ list }) => list ?? []);
  }

  /** It has ended, in whatever way. */
  onThreadGone(thread: number): void {
    if (!this.#threads.delete(thread)) return;
    for (const roster of this.all) roster.onThreadGone(thread);
    this.look();
  }

  /** It has taken over that list. */
  acknowledge(thread: number, upstream: number, version: number): void {
    this.#threads.get(thread)?.set(upstream, version);
    const roster = this.at(upstream);
    if (roster !== undefined && !roster.isSettled) this.#lookAt(roster);
  }

  /** Every `ROSTER_LOOK_MS`: nobody tells when the last exchange of a slot has ended. */
  look(): void {
    for (const roster of this.all) if (!roster.isSettled) this.#lookAt(roster);
  }

  /** RosterOwner. */
  publish(list: RosterList): void {
    this.#host.publish(list);
  }

  /** RosterOwner. */
  hasReached(upstream: number, version: number): boolean {
    return [...this.#threads.values()].every((taken) => (taken.get(upstream) ?? 0) >= version);
  }

  /** RosterOwner. */
  onTenant(roster: Roster, slot: number, member: RosterMember | undefined, isNew: boolean): void {
    this.#host.onTenant(roster, slot, member, isNew);
  }

  /** RosterOwner. */
  warn(line: string): void {
    this.#host.warn(line);
  }

  /** RosterOwner. */
  nowMs(): number {
    return sharedNowMs(performance.now());
  }

  #lookAt(roster: Roster): void {
    if (roster.look().length === 0 || roster.waitingCount > 0) return;
    this.#host.notice(`upstream "${roster.config.name}": all servers that waited have a place now`);
  }
}
