/** What one check says of one endpoint, and how often it has said so. Pure. */

/** `checking`: a `mandatory` check has not passed yet. */
export type Verdict = 'up' | 'checking' | 'unhealthy';

/** Counts of an endpoint; what `health_checks` of nginx Plus's API has. */
export interface CheckCounts {
  readonly checks: number;
  readonly fails: number;
  /** How often it has become unhealthy. */
  readonly unhealthy: number;
  /** Undefined before the first check. */
  readonly lastPassed?: boolean;
}

/** Counts failures and passes in a row against `fails` and `passes`. */
export class CheckState {
  readonly #fails: number;
  readonly #passes: number;
  verdict: Verdict;
  checkCount = 0;
  failCount = 0;
  unhealthyCount = 0;
  /** Of the last check, in words; '' before the first one. */
  lastResult = '';
  /** Of its end, in milliseconds since the epoch; 0 before the first one. */
  lastAtMs = 0;
  /** Undefined before the first one. */
  lastPassed: boolean | undefined = undefined;
  /** The last check that passed has said so. */
  isDegraded = false;
  /** Of the same result, until now. */
  inARow = 0;

  constructor(fails: number, passes: number, mandatory: boolean) {
    this.#fails = fails;
    this.#passes = passes;
    this.verdict = mandatory ? 'checking' : 'up';
  }

  get isOut(): boolean {
    return this.verdict !== 'up';
  }

  /** Enters a check that has ended. True: the verdict is another one now. */
  record(passed: boolean, result: string, wallMs: number, isDegraded = false): boolean {
    this.inARow = this.lastPassed === passed ? this.inARow + 1 : 1;
    this.checkCount += 1;
    if (passed) this.isDegraded = isDegraded;
    else this.failCount += 1;
    this.lastPassed = passed;
    this.lastResult = result;
    this.lastAtMs = wallMs;
    const before = this.verdict;
    if (passed && (before === 'checking' || this.inARow >= this.#passes)) this.verdict = 'up';
    else if (!passed && this.inARow >= this.#fails) this.verdict = 'unhealthy';
    if (this.verdict === before) return false;
    if (this.verdict === 'unhealthy') this.unhealthyCount += 1;
    return true;
  }
}
