/** Looks every now and then how endpoints are: what nobody tells of, and how long each was away. */
import type { EndpointEvents } from '#src/shared/endpoint-events.ts';
import { OUT_ADMINISTRATIVE } from '#src/shared/endpoint-standing.ts';
import type { PeerState } from './steered-upstream.ts';

/** Between two looks, in milliseconds. */
export const WATCH_INTERVAL_MS = 250;

/** What is known of an endpoint over time; times in milliseconds since the epoch. */
export interface PeerHistory {
  /** How long it was unavailable or ill in all, until `sinceMs`. */
  awayMs: number;
  /** Since when it is; 0: it is not. */
  sinceMs: number;
  /** How often failures put it aside. */
  unavailCount: number;
  state: PeerState;
}

/** One endpoint as a look finds it. */
export interface Glance {
  readonly slot: number;
  readonly name: string;
  readonly state: PeerState;
  /** Its OUT_ bits: whoever has set one tells of it. */
  readonly out: number;
  /** Failures of it count still: what put it aside is not over, though it may be tried again. */
  readonly hasFailed: boolean;
}

/** The histories of one upstream's endpoints. */
export class StateWatch {
  readonly #upstream: string;
  readonly #events: EndpointEvents;
  readonly #bySlot = new Map<number, PeerHistory & { readonly name: string }>();

  constructor(upstream: string, events: EndpointEvents) {
    this.#upstream = upstream;
    this.#events = events;
  }

  /** Of the endpoint in that slot; undefined before the first look. */
  historyOf(slot: number): Readonly<PeerHistory> | undefined {
    return this.#bySlot.get(slot);
  }

  look(glances: readonly Glance[], nowMs: number): void {
    for (const glance of glances) this.#note(glance, nowMs);
    if (this.#bySlot.size === glances.length) return;
    const slots = new Set(glances.map(({ slot }) => slot));
    for (const slot of this.#bySlot.keys()) if (!slots.has(slot)) this.#bySlot.delete(slot);
  }

  #note({ hasFailed, name, out, slot, state: now }: Glance, nowMs: number): void {
    const known = this.#of(slot, name);
    // After fail_timeout one request tries it: until that went well, nothing is better.
    const state = now === 'up' && hasFailed ? known.state : now;
    if (known.state === state) return;
    if (isAway(state) && known.sinceMs === 0) known.sinceMs = nowMs;
    if (!isAway(state) && known.sinceMs !== 0) {
      known.awayMs += nowMs - known.sinceMs;
      known.sinceMs = 0;
    }
    const wasAside = known.state === 'unavail';
    known.state = state;
    if (out !== 0 && (out & OUT_ADMINISTRATIVE) === 0) return;
    if (state === 'unavail') {
      known.unavailCount++;
      this.#tell('down', name, 'max_fails failures within fail_timeout', nowMs);
    } else if (wasAside && state === 'up') {
      this.#tell('up', name, 'it answers again', nowMs);
    }
  }

  /** Whoever is new has been up. */
  #of(slot: number, name: string): PeerHistory {
    const known = this.#bySlot.get(slot);
    if (known?.name === name) return known;
    const fresh = { name, awayMs: 0, sinceMs: 0, unavailCount: 0, state: 'up' as PeerState };
    this.#bySlot.set(slot, fresh);
    return fresh;
  }

  #tell(type: 'down' | 'up', endpoint: string, detail: string, atMs: number): void {
    this.#events.tell({
      type,
      upstream: this.#upstream,
      endpoint,
      reason: 'failures',
      detail,
      atMs,
    });
  }
}

function isAway(state: PeerState): boolean {
  return state === 'unavail' || state === 'unhealthy' || state === 'checking';
}
