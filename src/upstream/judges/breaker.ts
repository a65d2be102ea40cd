/** `circuit_breaker`: lets nothing through to what fails too often, then more and more (§17). */
import type { BreakerConfig } from '#src/upstream/endpoint/judge-config.ts';
import { failuresOf, outcomesOf, type Sample } from './candidate.ts';
import { percent } from './outlier-rules.ts';
import { SlidingWindow } from './sliding-window.ts';

/** `closed` lets everything pass, `open` nothing, `trial` a share that grows. */
export type BreakerState = 'closed' | 'open' | 'trial';

/** A change of it. */
export interface BreakerChange {
  readonly to: BreakerState;
  readonly why: string;
  /** When it changes again by itself; 0: it does not. Shared clock. */
  readonly untilMs: number;
}

/** What is known of one; survives a reload. */
export interface BreakerRecord {
  readonly state: BreakerState;
  /** Since when. */
  readonly sinceMs: number;
}

/** The trial begins with this share. */
const FIRST_SHARE = 0.01;
/** In a trial so few are enough to open again: who waits for more lets more fail. */
const TRIAL_REQUESTS = 5;

export class Breaker {
  readonly #config: BreakerConfig;
  readonly #window: SlidingWindow;
  #state: BreakerState = 'closed';
  /** 0: it was never anything but closed. */
  #sinceMs = 0;

  /** Times are of the shared clock. */
  constructor(config: BreakerConfig, nowMs: number) {
    this.#config = config;
    this.#window = new SlidingWindow(config.windowMs, nowMs);
  }

  get state(): BreakerState {
    return this.#state;
  }

  get record(): BreakerRecord {
    return { state: this.#state, sinceMs: this.#sinceMs };
  }

  /** Goes on with what an older generation knew, unless this one has changed since. */
  restore({ sinceMs, state }: BreakerRecord): void {
    if (sinceMs <= this.#sinceMs) return;
    this.#state = state;
    this.#sinceMs = sinceMs;
  }

  /** What may pass, from 0 to 1. */
  share(nowMs: number): number {
    if (this.#state === 'open') return 0;
    const { rampMs } = this.#config;
    if (this.#state === 'closed' || rampMs === 0) return 1;
    return Math.min(1, Math.max(FIRST_SHARE, (nowMs - this.#sinceMs) / rampMs));
  }

  /** One look, with what came since the last one. */
  look(sample: Readonly<Sample>, nowMs: number): BreakerChange | undefined {
    const { minRequests, openMs, rampMs } = this.#config;
    const passedMs = nowMs - this.#sinceMs;
    if (this.#state === 'open') {
      if (passedMs < openMs) return undefined;
      return this.#become('trial', `${openMs} ms are over`, nowMs, rampMs);
    }
    this.#window.add(sample, nowMs);
    const isTrial = this.#state === 'trial';
    const why = this.#fault(isTrial ? Math.min(minRequests, TRIAL_REQUESTS) : minRequests);
    if (why !== undefined) return this.#become('open', why, nowMs, openMs);
    if (!isTrial || passedMs < rampMs) return undefined;
    return this.#become('closed', 'the trial went well', nowMs, 0);
  }

  #fault(minRequests: number): string | undefined {
    const { failureShare, latencyMs } = this.#config;
    const { sum } = this.#window;
    const count = outcomesOf(sum);
    if (count < minRequests) return undefined;
    const share = failuresOf(sum) / count;
    if (share >= failureShare) {
      return `${percent(share)} of ${count} answers are errors, the limit is ${percent(failureShare)}`;
    }
    const meanMs = sum.headerMs / Math.max(1, sum.timed);
    if (latencyMs === 0 || meanMs < latencyMs) return undefined;
    return `${count} answers took ${meanMs.toFixed(0)} ms on average, the limit is ${latencyMs} ms`;
  }

  #become(to: BreakerState, why: string, nowMs: number, forMs: number): BreakerChange {
    this.#state = to;
    this.#sinceMs = nowMs;
    if (to !== 'closed') this.#window.clear(nowMs);
    return { to, why, untilMs: forMs === 0 ? 0 : nowMs + forMs };
  }
}
