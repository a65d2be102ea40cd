/** What the attempts of one location need, complete and frozen. */

import type { UpstreamTimeouts } from '#src/upstream/pool/response-sink.ts';
import type { Upstream } from '#src/upstream/upstream.ts';
import type { RequestPlan } from './request-plan.ts';

export interface ProxiedLocation {
  readonly upstream: Upstream;
  readonly plan: RequestPlan;
  readonly connectTimeoutMs: number;
  readonly timeouts: UpstreamTimeouts;
  /** `$proxy_host` and `$proxy_port`. */
  readonly proxyHost: string;
  readonly proxyPort: string;
}
