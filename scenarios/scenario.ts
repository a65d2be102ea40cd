/**
 * What a scenario declares: one promise of Weir, the target that makes it true or false, and the
 * experiment that finds out. `npm run prove NAME` runs one file of this folder; the file is named
 * after the scenario and exports it as `scenario` (what several share lies in `scenarios/support/`):
 *
 *     export const scenario: Scenario = {
 *       name: 'reload-under-load',
 *       promise: '50 reloads under load lose no request',
 *       target: '0 failed, 0 reset',
 *       run: async (context) => { … return { measured, pass, details }; },
 *     };
 */
export interface Scenario {
  /** Kebab-case, the same as the file's name. */
  readonly name: string;
  /** The promise, one sentence a user would understand. */
  readonly promise: string;
  /** What must hold, with numbers and units. */
  readonly target: string;
  /** Programs from Debian that it needs (`nginx`, `haproxy`, `wrk`); missing ones are named. */
  readonly needs?: readonly string[];
  /**
   * Runs the experiment. An exception means that it could not be carried out, and counts as failed.
   * Everything it starts is registered with `context.defer` and ended, whatever happens.
   */
  run(context: ScenarioContext): Promise<ScenarioOutcome>;
}

/** What the runner lends to a scenario. */
export interface ScenarioContext {
  /**
   * The short form that the test gate runs: fewer rounds, and only what does not depend on time
   * may decide `pass`.
   */
  readonly short: boolean;
  /** Seed of every random stream in the scenario; printed, so that a failure can be repeated. */
  readonly seed: number;
  /** An empty folder of its own, removed afterwards. */
  readonly directory: string;
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal;
  /** Says how far it is; shown while it runs. */
  progress(text: string): void;
  /** Registers a clean-up; they run in reverse order when the scenario ends, failed or not. */
  defer(cleanUp: () => void | Promise<void>): void;
}

/** What came out. */
export interface ScenarioOutcome {
  /** The decisive figures, one line, in the words and units of `target`. */
  readonly measured: string;
  /** Whether the target was met. */
  readonly pass: boolean;
  /** Everything worth keeping: written to `results/`, must survive JSON. */
  readonly details: Readonly<Record<string, unknown>>;
}
