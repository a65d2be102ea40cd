import { Random } from './random.ts';

/** The middle value; the mean of the two middle ones for an even count; NaN for none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The q-quantile (0..1) with linear interpolation between neighbours; NaN for no values. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/** The arithmetic mean; NaN for no values. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** A median with the interval that holds it with the stated confidence. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** How many values it rests on. */
  readonly count: number;
}

/**
 * The median with its bootstrap percentile interval (95 %). Seeded: the same values always give
 * the same interval. With fewer than three values the interval is their whole range.
 */
export function estimateMedian(
  values: readonly number[],
  options: { confidence?: number; rounds?: number; seed?: number } = {},
): Estimate {
  const { confidence = 0.95, rounds = 4000, seed = 1 } = options;
  const middle = median(values);
  if (values.length < 3) {
    return {
      median: middle,
      low: Math.min(...values),
      high: Math.max(...values),
      count: values.length,
    };
  }
  const random = new Random(seed);
  const medians: number[] = [];
  const sample = new Array<number>(values.length).fill(0);
  for (let round = 0; round < rounds; round += 1) {
    for (let i = 0; i < sample.length; i += 1) {
      sample[i] = values[random.integer(values.length)] ?? middle;
    }
    medians.push(median(sample));
  }
  const tail = (1 - confidence) / 2;
  return {
    median: middle,
    low: quantile(medians, tail),
    high: quantile(medians, 1 - tail),
    count: values.length,
  };
}

/** Width of an estimate's interval relative to its median: 0.06 means 6 %. */
export function relativeWidth(estimate: Estimate): number {
  return (estimate.high - estimate.low) / estimate.median;
}

/** Jain's index (Σx)² / (n Σx²): 1 when all are equal, 1/n when one has everything. */
export function jain(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return squares === 0 ? 1 : (sum * sum) / (values.length * squares);
}

/** The largest value divided by the mean: 1 when all are equal. */
export function maxOverMean(values: readonly number[]): number {
  const average = mean(values);
  return average === 0 ? 1 : Math.max(...values) / average;
}
