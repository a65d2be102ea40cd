/** What the judges know of one endpoint. */

/** What came of the attempts at an endpoint since the last look. */
export interface Sample {
  /** Answers below 500. */
  good: number;
  /** Answers with 5xx. */
  errors: number;
  /** No whole answer: refused, reset, too late, not HTTP. */
  lost: number;
  /** Answers and failures whose time to the head is in `headerMs`, summed. */
  timed: number;
  headerMs: number;
}

/** Nothing has come. */
export function emptySample(): Sample {
  return { good: 0, errors: 0, lost: 0, timed: 0, headerMs: 0 };
}

/** Adds the one to the other. */
export function addSample(to: Sample, from: Readonly<Sample>): void {
  to.good += from.good;
  to.errors += from.errors;
  to.lost += from.lost;
  to.timed += from.timed;
  to.headerMs += from.headerMs;
}

/** Of either kind. */
export function failuresOf({ errors, lost }: Readonly<Sample>): number {
  return errors + lost;
}

/** All that tell something. */
export function outcomesOf({ errors, good, lost }: Readonly<Sample>): number {
  return good + errors + lost;
}

/** An endpoint as a judge of a group sees it at one look. */
export interface Candidate {
  /** As `$upstream_addr` shows it. */
  readonly name: string;
  /** Since the last look. */
  readonly sample: Readonly<Sample>;
  /** Out for a reason that is not this judge's: a failed check, an open breaker. */
  readonly isOutOtherwise: boolean;
}

/**
 * Whether one more of a group of that size may be taken out, of which so many are out already for
 * whatever reason: the last healthy half stays.
 */
export function mayTakeOut(size: number, outCount: number, maxShare: number): boolean {
  return outCount + 1 <= Math.floor(size * Math.min(maxShare, MOST_SHARE) + ROUNDING);
}

const MOST_SHARE = 0.5;
/** 10 × 0.3 is 3. */
const ROUNDING = 1e-9;
