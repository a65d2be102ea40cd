import { SystemClock } from '#src/base/clock.ts';
import { RandomBits } from '#src/base/random-bits.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import { Discovery } from '#src/upstream/discovery/discovery.ts';
import { RosterTaker } from '#src/upstream/discovery/roster-taker.ts';
import type { SourceListener } from '#src/upstream/discovery/source-keeper.ts';
import type { Rosters } from '#src/upstream/roster/rosters.ts';
import { type ProviderHost, ProviderSlot } from './provider-slot.ts';

/** So long a start waits for the first answers; then it serves without. */
const FIRST_ANSWERS_MS = 1_000;
const LOOK_MS = 10;

/** Discovery in a generation's main thread: sources of endpoints → its rosters. */
export class GenerationDiscovery {
  readonly #discovery: Discovery;
  readonly #startedAtMs = performance.now();
  #hasStarted = false;

  constructor(rosters: Rosters, listener: SourceListener, providers: ProviderHost) {
    const wheel = new TimerWheel(new SystemClock());
    const slot = new ProviderSlot(providers);
    const learners = rosters.all.flatMap((roster) => {
      const { discovery: sources = [], name } = roster.config;
      return sources.length === 0 ? [] : [{ name, sources, taker: new RosterTaker(roster, wheel) }];
    });
    this.#discovery = new Discovery(learners, {
      wheel,
      random: new RandomBits(),
      listener,
      fromFunction: (...what) => slot.source(...what),
    });
    wheel.start();
    this.#discovery.start();
  }

  /**
   * Calls when every source has said something, or failed to, or has been waited for long enough:
   * at once when that is so. No request should come before an upstream has its first endpoints.
   */
  whenSettled(then: () => void): void {
    this.#hasStarted ||=
      this.#discovery.isSettled || performance.now() - this.#startedAtMs >= FIRST_ANSWERS_MS;
    if (this.#hasStarted) then();
    else setTimeout(() => this.whenSettled(then), LOOK_MS);
  }
}
