/** An endpoint under one check: when it is asked, and what came of it. */
import type { Address } from '#src/base/address.ts';
import type { RandomBits } from '#src/base/random-bits.ts';
import { type TimeoutOwner, TimerEntry, type TimerWheel } from '#src/base/timer-wheel.ts';
import type { CheckConfig } from './check-config.ts';
import { CheckState } from './check-state.ts';
import type { MatchTest } from './match-test.ts';
import type { Outcome } from './outcome.ts';
import { Probe, type ProbeClient } from './probe.ts';

/** RandomBits gives 30 of them. */
const RANDOM_RANGE = 2 ** 30;

/** What all endpoints under a check share. */
export interface CheckTools {
  readonly wheel: TimerWheel;
  readonly random: RandomBits;
}

export class CheckedEndpoint implements ProbeClient, TimeoutOwner {
  readonly config: CheckConfig;
  readonly state: CheckState;
  readonly #tools: CheckTools;
  readonly #timer = new TimerEntry(this);
  readonly #probe: Probe;
  readonly #onChecked: (hasChanged: boolean) => void;

  /** `onChecked` is told of each check, and whether `state.verdict` is another one now. */
  constructor(
    config: CheckConfig,
    match: MatchTest,
    address: Address,
    tools: CheckTools,
    onChecked: (hasChanged: boolean) => void,
  ) {
    this.config = config;
    this.state = new CheckState(config.fails, config.passes, config.mandatory);
    this.#tools = tools;
    this.#probe = new Probe(config, match, address, tools.wheel, this);
    this.#onChecked = onChecked;
  }

  /** The last check in words: `health check "/": status 503 (2 failed in a row)`. */
  get account(): string {
    const { inARow, lastPassed, lastResult } = this.state;
    const count = `${inARow} ${lastPassed === true ? 'passed' : 'failed'} in a row`;
    return `health check "${this.config.name}": ${lastResult} (${count})`;
  }

  /** Asks for the first time: now, or in so many milliseconds. */
  start(delayMs: number): void {
    if (delayMs <= 0) this.#probe.start();
    else this.#tools.wheel.arm(this.#timer, delayMs);
  }

  /** It is asked no more. */
  stop(): void {
    this.#tools.wheel.forget(this.#timer);
    this.#probe.cancel();
  }

  /** TimeoutOwner. */
  onTimeout(): void {
    this.#probe.start();
  }

  /** ProbeClient. */
  onProbeEnd({ isDegraded, passed, result }: Outcome): void {
    const { wheel } = this.#tools;
    const hasChanged = this.state.record(passed, result, wheel.clock.wallMs(), isDegraded);
    wheel.arm(this.#timer, this.config.intervalMs + this.#jitterMs());
    this.#onChecked(hasChanged);
  }

  #jitterMs(): number {
    const { jitterMs } = this.config;
    return jitterMs === 0 ? 0 : (this.#tools.random.next() / RANDOM_RANGE) * jitterMs;
  }
}
