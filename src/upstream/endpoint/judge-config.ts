/** What `outlier_ejection`, `circuit_breaker`, `admission_control` and `flap_damping` compile to. Plain. */

/** `outlier_ejection`: who differs from the others is taken out for a while (semantics.md §16). */
export interface OutlierConfig {
  /** Errors (answers with 5xx, failures of ours to get one) in a row; 0: any number. */
  readonly consecutive5xx: number;
  /** Of these, failures to get an answer in a row; 0: any number. */
  readonly consecutiveLocalOrigin: number;
  /** How often the statistical rules look, over what came since. */
  readonly intervalMs: number;
  /** So many standard deviations below the mean success rate; 0: the rule is off. */
  readonly stdevFactor: number;
  /** The rule needs so many endpoints with so many answers each. */
  readonly successRateHosts: number;
  readonly successRateRequests: number;
  /** Share of errors, above 0 to 1; 0: the rule is off. */
  readonly failureShare: number;
  readonly failureHosts: number;
  readonly failureRequests: number;
  /** So many median deviations above the median of mean times to the head; 0: the rule is off. */
  readonly latencyFactor: number;
  /** Means below it are never too slow. */
  readonly latencyFloorMs: number;
  readonly latencyHosts: number;
  readonly latencyRequests: number;
  /** Out for so long, times how often lately. */
  readonly baseEjectionMs: number;
  readonly maxEjectionMs: number;
  /** At most this share of a rank's endpoints is out for any reason when one more goes; 0 to 0.5. */
  readonly maxEjectionShare: number;
}

/** `circuit_breaker`. */
export interface BreakerConfig {
  /** What one breaker is for: each endpoint has its own, or all of them together have one. */
  readonly scope: 'endpoint' | 'upstream';
  /** It opens at this share of errors, above 0 to 1. */
  readonly failureShare: number;
  /** It opens at this mean time to the head of an answer, too; 0: times do not matter. */
  readonly latencyMs: number;
  /** Fewer within the window say nothing. */
  readonly minRequests: number;
  readonly windowMs: number;
  /** Nothing passes for so long. */
  readonly openMs: number;
  /** Then a share that grows from nearly none to all within this time. */
  readonly rampMs: number;
}

/** `admission_control`: turns away as much as fails beyond what is normal. */
export interface AdmissionConfig {
  /** Above 0 to 1: with at least this share of good answers nobody is turned away. */
  readonly successShare: number;
  /** Never more than this share is turned away. */
  readonly maxRejection: number;
  readonly minRequests: number;
  readonly windowMs: number;
}

/** `flap_damping`: who comes and goes too often is held out until it is calm. */
export interface FlapConfig {
  /** More changes than this within the interval. */
  readonly changes: number;
  readonly intervalMs: number;
  /** Held until so long after its last change. */
  readonly holdMs: number;
}

/** All of an upstream; null where there is no such directive. */
export interface JudgeConfigs {
  readonly outlier: OutlierConfig | null;
  readonly breaker: BreakerConfig | null;
  readonly admission: AdmissionConfig | null;
  readonly flapping: FlapConfig | null;
}
