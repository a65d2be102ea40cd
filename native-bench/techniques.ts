/**
 * What was tried for speed, written by hand; BENCHMARKS.md shows it beside the measured figures.
 * A row stays when a technique is dropped: what did not help is worth knowing.
 */

/** One change and what it gave. */
export interface Technique {
  /** What was changed, in a few words. */
  readonly technique: string;
  /** Figures with their units, as they were measured: "9.8 µs". */
  readonly before: string;
  readonly after: string;
  /** The command or bench that gave them, and the commit when it matters. */
  readonly measuredBy: string;
  readonly verdict: 'kept' | 'dropped';
}

/** A row of the speed table that is still missed: what the profile says and what was tried. */
export interface MissedTarget {
  /** As in SPEED_TARGETS; target and measured figure come from there and from the results. */
  readonly workload: string;
  readonly against: string;
  /** Where the time goes, by the profile. */
  readonly profile: string;
  /** At least three, each with what it gave. */
  readonly attempts: readonly string[];
}

/** In the order in which they were tried. */
export const TECHNIQUES: readonly Technique[] = [];

/** Explained only as long as the newest result misses the target. */
export const MISSED_TARGETS: readonly MissedTarget[] = [];
