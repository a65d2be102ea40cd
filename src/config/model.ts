/** The whole of a configuration, ready to run: what `buildModel` makes of the tree. */

import type { LogFileConfig } from '#src/exchange/directives.ts';
import type { ErrorLogConfig } from '#src/exchange/error-log-argument.ts';
import type { ListenConfig, VirtualServer } from '#src/routing/model.ts';
import type { Place } from '#src/schema/problem.ts';
import type { UpstreamConfig } from '#src/upstream/endpoint/upstream-config.ts';
import type { CheckConfig } from '#src/upstream/health/check-config.ts';
import type { ApiListen } from './api-listen-argument.ts';
import type { EventWebhook } from './event-webhook-argument.ts';

/** `user`: what the generation runs as when the master is root. */
export interface UserConfig {
  readonly name: string;
  /** Undefined means the user's own primary group, as in nginx a group of the user's name. */
  readonly group: string | undefined;
  readonly place: Place;
}

/** The directives outside `http`. */
export interface MainSettings {
  /** `'auto'`: as many as CPUs this process may use. */
  readonly workerProcesses: number | 'auto';
  readonly workerConnections: number;
  /** Undefined leaves the limit as it is. */
  readonly workerRlimitNofile: number | undefined;
  /** How long a draining generation may take; 0 means as long as it needs. */
  readonly workerShutdownTimeoutMs: number;
  /** As of nice(1). */
  readonly workerPriority: number;
  readonly acceptMode: 'reuseport' | 'shared';
  readonly user: UserConfig | undefined;
  /** Absolute. */
  readonly pidFile: string;
  readonly daemon: boolean;
  /** As written: `apiListensOf` knows what holds when nothing is. */
  readonly apiListens: readonly (ApiListen | 'off')[];
  readonly eventWebhooks: readonly EventWebhook[];
  /** At least one. */
  readonly errorLogs: readonly ErrorLogConfig[];
}

/** A configuration that can run. Frozen; the same in the master and in every thread. */
export interface Model {
  readonly main: MainSettings;
  /** Unique by `key`, in the order of the file. */
  readonly listens: readonly ListenConfig[];
  readonly servers: readonly VirtualServer[];
  /** Named ones and those that `proxy_pass` with an address implies; the index is the id. */
  readonly upstreams: readonly UpstreamConfig[];
  /** Of all upstreams. */
  readonly healthChecks: readonly CheckConfig[];
  /** Logs of requests, absolute, each once: the master creates them, threads append to them. */
  readonly logFiles: readonly string[];
  /** Those of `logFiles` that are access logs. */
  readonly accessLogFiles: readonly LogFileConfig[];
  /** Those of `logFiles` that are error logs. */
  readonly errorLogFiles: readonly string[];
  /** Configured for temporary files, absolute, each once: the master creates those missing. */
  readonly tempDirectories: readonly string[];
  /** Names of variables that `set` and captures give values, lower case. */
  readonly settableNames: readonly string[];
  /** Some level changes the addresses of clients (`set_real_ip_from`). */
  readonly changesAddresses: boolean;
  /** Somebody may ask what became of a request (`explain`). */
  readonly explains: boolean;
  /** Some of it is a regular expression. */
  readonly hasPatterns: boolean;
  /** What `via on` calls us. */
  readonly pseudonym: string;
  /** First 12 hex digits of a SHA-256 over the tree: the same text gives the same hash. */
  readonly hash: string;
}
