import { sumLoads, withoutGauges } from './load-report.ts';
import type { LoadReport } from './messages.ts';

/**
 * What the newest generation adds to its own load: what the draining ones still have in flight, and
 * what all before it have counted.
 */
export class ForeignLoad {
  #past: LoadReport = { inFlight: [], totals: [] };

  /** A generation has ended; this was its last report, if it made one. */
  onEnded(last: LoadReport | undefined): void {
    if (last !== undefined) this.#past = sumLoads([this.#past, withoutGauges(last)]);
  }

  /** With what these generations, still draining, last reported. */
  sum(draining: readonly (LoadReport | undefined)[]): LoadReport {
    return sumLoads([this.#past, ...draining.filter((load) => load !== undefined)]);
  }
}
