/** The rules of `outlier_ejection` that compare the endpoints of a group over an interval. */
import type { OutlierConfig } from '#src/upstream/endpoint/judge-config.ts';
import { failuresOf, outcomesOf, type Sample } from './candidate.ts';

/**
 * With nearly equal rates the deviation is nearly nothing, and Envoy's rule takes out whoever had one
 * error more. Fewer errors than this are no reason.
 */
const LEAST_FAILURE_SHARE = 0.05;
/** With nearly equal times as well: who is slow takes at least this times the median. */
const LEAST_LATENCY_RATIO = 2;

/** One that breaks a rule: its place among those given, why, and how far off it is. */
export interface Outlier {
  readonly at: number;
  readonly why: string;
  readonly excess: number;
}

/** All that break a rule, worst first; each at most once. `samples`: of the interval. */
export function outliersOf(samples: readonly Readonly<Sample>[], config: OutlierConfig): Outlier[] {
  const found = [
    ...bySuccessRate(samples, config),
    ...byFailurePercentage(samples, config),
    ...byLatency(samples, config),
  ].sort((a, b) => b.excess - a.excess);
  return found.filter(({ at }, index) => found.findIndex((one) => one.at === at) === index);
}

/** Below the mean by so many standard deviations (Envoy's success rate). */
function bySuccessRate(
  samples: readonly Readonly<Sample>[],
  { stdevFactor, successRateHosts, successRateRequests }: OutlierConfig,
): Outlier[] {
  if (stdevFactor === 0) return [];
  const rates = ratesOf(samples, successRateRequests, (sample) => 1 - failureShareOf(sample));
  if (rates.length < successRateHosts) return [];
  const mean = meanOf(rates.map(({ value }) => value));
  const stdev = Math.sqrt(meanOf(rates.map(({ value }) => (value - mean) ** 2)));
  const least = Math.min(mean - stdevFactor * stdev, 1 - LEAST_FAILURE_SHARE);
  return rates
    .filter(({ value }) => value < least)
    .map(({ at, value }) => {
      const why = `its success rate is ${percent(value)}, below ${percent(least)} (mean ${percent(mean)}, standard deviation ${percent(stdev)})`;
      return { at, why, excess: 1 + mean - value };
    });
}

function byFailurePercentage(
  samples: readonly Readonly<Sample>[],
  { failureHosts, failureRequests, failureShare }: OutlierConfig,
): Outlier[] {
  if (failureShare === 0) return [];
  const shares = ratesOf(samples, failureRequests, failureShareOf);
  if (shares.length < failureHosts) return [];
  return shares
    .filter(({ value }) => value >= failureShare)
    .map(({ at, value }) => {
      const why = `${percent(value)} of its answers are errors, the limit is ${percent(failureShare)}`;
      return { at, why, excess: 1 + value };
    });
}

/** Above the median by so many median absolute deviations (beyond.md B-13). */
function byLatency(
  samples: readonly Readonly<Sample>[],
  { latencyFactor, latencyFloorMs, latencyHosts, latencyRequests }: OutlierConfig,
): Outlier[] {
  if (latencyFactor === 0) return [];
  const means = samples.flatMap(({ headerMs, timed }, at) =>
    timed >= latencyRequests && timed > 0 ? [{ at, value: headerMs / timed }] : [],
  );
  if (means.length < latencyHosts) return [];
  const median = medianOf(means.map(({ value }) => value));
  const deviation = medianOf(means.map(({ value }) => Math.abs(value - median)));
  const most = Math.max(
    median + latencyFactor * deviation,
    LEAST_LATENCY_RATIO * median,
    latencyFloorMs,
  );
  return means
    .filter(({ value }) => value > most)
    .map(({ at, value }) => {
      const why = `its answers take ${value.toFixed(0)} ms on average, more than ${most.toFixed(0)} ms (median ${median.toFixed(0)} ms, median deviation ${deviation.toFixed(0)} ms)`;
      return { at, why, excess: 1 - most / value };
    });
}

interface Rate {
  readonly at: number;
  readonly value: number;
}

function ratesOf(
  samples: readonly Readonly<Sample>[],
  least: number,
  rateOf: (sample: Readonly<Sample>) => number,
): Rate[] {
  return samples.flatMap((sample, at) =>
    outcomesOf(sample) >= Math.max(1, least) ? [{ at, value: rateOf(sample) }] : [],
  );
}

function failureShareOf(sample: Readonly<Sample>): number {
  return failuresOf(sample) / outcomesOf(sample);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/** A share as people read it: `12.5 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
