/** What an access log says about a time in which an endpoint failed. */

/** `log_format` of the lines that are read here. */
export const FAILURE_LOG_FORMAT =
  '$msec|$request_time|$status|$reason|$request_method|$upstream_addr';

/** One request. */
export interface LoggedRequest {
  readonly startedAtMs: number;
  readonly tookMs: number;
  readonly status: number;
  readonly reason: string;
  readonly method: string;
  /** host:port of each try. */
  readonly endpoints: readonly string[];
}

/** Reads the lines of `FAILURE_LOG_FORMAT`. Throws on a line that is not. */
export function readFailureLog(text: string): LoggedRequest[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [at = '', took = '', status = '', reason = '', method = '', endpoints] = line.split('|');
    if (endpoints === undefined) throw new Error(`not a line of the failure log: ${line}`);
    const tookMs = Number(took) * 1000;
    const startedAtMs = Number(at) * 1000 - tookMs;
    const tries = endpoints.split(', ');
    return { startedAtMs, tookMs, status: Number(status), reason, method, endpoints: tries };
  });
}

/** The value that a share of all does not exceed; 0 of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** How often each reason stands in the log; answers without one are 'none'. */
export function reasonCounts(requests: readonly LoggedRequest[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason } of requests) {
    const key = reason === '-' || reason === '' ? 'none' : reason;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}
