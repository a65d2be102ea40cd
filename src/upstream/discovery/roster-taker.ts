import { type TimeoutOwner, TimerEntry, type TimerWheel } from '#src/base/timer-wheel.ts';
import { rampedBy } from '#src/upstream/endpoint/ramped.ts';
import type { EndpointConfig } from '#src/upstream/endpoint/upstream-config.ts';
import type { Roster } from '#src/upstream/roster/roster.ts';
import type { ListTaker, TakenList } from './source-keeper.ts';

/** When a list has nobody in common with the one before, the old ones stay so long beside the new. */
export const HANDOVER_MS = 250;

const NOTHING: TakenList = { added: [], removed: [], left: 0, refused: '' };

/**
 * Puts lists into the roster of one upstream, never more than it has places for. Places of those
 * taken out are free a moment later, when all threads know: where everybody changes at once the old
 * ones go when a new one is in, or for that moment there would be nobody.
 */
export class RosterTaker implements ListTaker, TimeoutOwner {
  readonly #roster: Roster;
  readonly #wheel: TimerWheel;
  readonly #timer = new TimerEntry(this);
  /** Of sources whose old ones are still there. */
  readonly #handovers = new Map<string, readonly EndpointConfig[]>();

  constructor(roster: Roster, wheel: TimerWheel) {
    this.#roster = roster;
    this.#wheel = wheel;
  }

  replace(source: string, list: readonly EndpointConfig[], isConfirmed: boolean): TakenList {
    this.#handovers.delete(source);
    if (list.length === 0) {
      if (isConfirmed) return this.#empty(source);
      return { ...NOTHING, refused: refusalOf(this.#roster.replace(source, list)) };
    }
    const before = this.#namesOf(source);
    const fitting = rampedBy(this.#roster.config.judges, this.#fitting(source, list));
    const refused = this.#put(source, fitting);
    if (refused !== '') return { ...NOTHING, refused };
    const names = new Set(fitting.map(({ name }) => name));
    const added = [...names].filter((name) => !before.has(name));
    const removed = [...before].filter((name) => !names.has(name));
    return { added, removed, left: list.length - fitting.length, refused };
  }

  countOf(source: string): number {
    return this.#roster.membersOf(source).length;
  }

  /** TimeoutOwner. */
  onTimeout(): void {
    for (const [source, list] of this.#handovers) {
      const names = this.#namesOf(source);
      if (!list.some(({ name }) => names.has(name))) continue; // nobody new has a place yet
      this.#handovers.delete(source);
      this.#roster.replace(source, list);
    }
    if (this.#handovers.size > 0) this.#wheel.arm(this.#timer, HANDOVER_MS);
  }

  /** Why it was not done; '': it was, or will be. */
  #put(source: string, list: readonly EndpointConfig[]): string {
    const names = new Set(list.map(({ name }) => name));
    const old = this.#roster.membersOf(source);
    if (old.length === 0 || old.some(({ config }) => names.has(config.name))) {
      return refusalOf(this.#roster.replace(source, list));
    }
    const half = Math.max(1, Math.floor(this.#roster.slots / 2));
    const kept = old.slice(0, half).map(({ config }) => config);
    const refused = refusalOf(this.#roster.replace(source, [...kept, ...list]));
    if (refused !== '') return refused;
    this.#handovers.set(source, list);
    this.#wheel.clock.refresh();
    this.#wheel.arm(this.#timer, HANDOVER_MS);
    return '';
  }

  /**
   * Of more than there are places the ones that are in stay: a name server that gives another part
   * of its records each time must not exchange everybody each time.
   */
  #fitting(source: string, list: readonly EndpointConfig[]): readonly EndpointConfig[] {
    const roster = this.#roster;
    const own = this.#namesOf(source);
    const room = Math.max(1, roster.slots - roster.members.length + own.size);
    if (list.length <= room) return list;
    const present = list.filter(({ name }) => own.has(name));
    const others = list.filter(({ name }) => !own.has(name));
    return [...present, ...others].slice(0, room);
  }

  /** An empty list says nothing to a roster; one by one they can be taken out. */
  #empty(source: string): TakenList {
    const removed = [...this.#namesOf(source)];
    const [last] = this.#roster.membersOf(source);
    if (last === undefined) return NOTHING;
    this.#roster.replace(source, [last.config]); // who waits for a place of this source waits no more
    this.#roster.remove(last.slot);
    return { ...NOTHING, removed };
  }

  #namesOf(source: string): ReadonlySet<string> {
    return new Set(this.#roster.membersOf(source).map(({ config }) => config.name));
  }
}

function refusalOf({ advice, problem }: ReturnType<Roster['replace']>): string {
  return problem === undefined || problem === 'full' ? '' : advice;
}
