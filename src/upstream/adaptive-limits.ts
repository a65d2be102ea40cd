/** The limits of all endpoints whose upstream says `concurrency adaptive`, learned for one generation. */

import type { EndpointTable } from '#src/shared/endpoint-table.ts';
import { FADE_MS } from '#src/shared/endpoint-times.ts';
import type { ConcurrencyConfig } from '#src/upstream/endpoint/upstream-config.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';

/** How often they are looked at. */
export const LOOK_INTERVAL_MS = 100;

/** What is learned about one endpoint, and what was read of its times at the last look. */
interface Learner {
  readonly endpoint: number;
  readonly config: ConcurrencyConfig;
  limit: AdaptiveLimit;
  samples: number;
  headerMs: number;
}

/**
 * Reads the times that the threads record and writes one cell per endpoint, which they read at each
 * pick. Of the generation's main thread; nobody else writes those cells.
 */
export class AdaptiveLimits {
  readonly #table: EndpointTable;
  readonly #learners: Learner[];
  #lookedAtMs: number;

  /** `configs`: per endpoint of the table; null for those that learn nothing. Times as `sharedNowMs`. */
  constructor(table: EndpointTable, configs: readonly (ConcurrencyConfig | null)[], nowMs: number) {
    this.#table = table;
    this.#lookedAtMs = nowMs;
    this.#learners = configs.flatMap((config, endpoint) => {
      if (config === null) return [];
      const limit = new AdaptiveLimit(config);
      table.setLearnedLimit(endpoint, limit.limit);
      return [{ endpoint, config, limit, samples: 0, headerMs: 0 }];
    });
  }

  /** Another one gets its place: nothing is known of it. */
  forget(endpoint: number): void {
    const learner = this.#learners.find((one) => one.endpoint === endpoint);
    if (learner === undefined) return;
    learner.limit = new AdaptiveLimit(learner.config);
    learner.samples = 0;
    learner.headerMs = 0;
    this.#table.setLearnedLimit(endpoint, learner.limit.limit);
  }

  /** One look at all of them. True: some may take more now than before. */
  look(nowMs: number): boolean {
    const passedMs = nowMs - this.#lookedAtMs;
    this.#lookedAtMs = nowMs;
    let hasRisen = false;
    for (const learner of this.#learners) {
      if (this.#lookAt(learner, passedMs, nowMs)) hasRisen = true;
    }
    return hasRisen;
  }

  #lookAt(learner: Learner, passedMs: number, nowMs: number): boolean {
    const { endpoint, limit } = learner;
    // A snapshot of an older generation has come (workers/load-report.ts).
    const before = this.#table.learnedLimit(endpoint);
    if (before !== limit.limit) limit.adopt(before);
    // The table has fading sums: what is more than the faded rest of the last look is new.
    const [samples = 0, headerMs = 0] = this.#table.times.take(endpoint, nowMs);
    const fade = Math.exp(-passedMs / FADE_MS);
    const isNew = samples - learner.samples * fade;
    limit.look(
      passedMs,
      isNew > LEAST_NEW ? isNew : 0,
      headerMs - learner.headerMs * fade,
      this.#table.active(endpoint),
    );
    learner.samples = samples;
    learner.headerMs = headerMs;
    this.#table.setLearnedLimit(endpoint, limit.limit);
    return limit.limit > before;
  }
}

/** Less than one faded answer is what rounding leaves. */
const LEAST_NEW = 0.5;
