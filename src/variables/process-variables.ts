/** Data path. Time and the process: `$time_local`, `$request_time`, `$hostname`, `$pid`, … */
import { VERSION } from '#src/base/version.ts';
import { type LocalTime, secondsText } from './time-text.ts';
import type { VariableEnvironment, VariableTable } from './variable.ts';

/** The nginx whose semantics we follow: what `$nginx_version` says. */
export const NGINX_VERSION = '1.31.5';

/** `$msec` to `$weir_version`. */
export function processVariables(
  environment: VariableEnvironment,
  localTime: LocalTime,
): VariableTable {
  const { clock, hostname } = environment;
  const pid = `${environment.pid}`;
  return {
    names: {
      msec: () => secondsText(clock.wallMs()),
      time_local: () => localTime.common,
      time_iso8601: () => localTime.iso,
      connection_time: ({ downstream }) => {
        const openedAtMs = downstream?.facts.openedAtMs;
        return openedAtMs === undefined ? undefined : secondsText(clock.refresh() - openedAtMs);
      },
      upstream_remaining_ms: ({ deadlineAtMs }) => {
        if (deadlineAtMs === Number.POSITIVE_INFINITY) return undefined;
        return `${Math.max(0, Math.round(deadlineAtMs - clock.refresh()))}`;
      },
      request_time: ({ startedAtMs }) => secondsText(clock.refresh() - startedAtMs),
      hostname: () => hostname,
      pid: () => pid,
      nginx_version: () => NGINX_VERSION,
      weir_version: () => VERSION,
    },
    ofConnection: new Set(['hostname', 'pid', 'nginx_version', 'weir_version']),
    prefixes: {},
  };
}
