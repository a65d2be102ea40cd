/**
 * What only some configurations need in a generation's main thread: the one list of it. It is loaded
 * when the outline asks for it, before anything starts; a process without it never has its code.
 */
import type { Outline } from './messages.ts';

/** Undefined where the configuration has none of it. */
export interface GenerationFeatures {
  /** `resolve`, `discover`, providers. */
  readonly discovery: typeof import('./discovery.ts') | undefined;
  /** `health_check`. */
  readonly health: typeof import('./health-checks.ts') | undefined;
  /** `outlier_ejection`, `circuit_breaker`, `flap_damping`, `admission_control`. */
  readonly judging: typeof import('./judging.ts') | undefined;
  /** `concurrency adaptive`. */
  readonly limits: typeof import('./limit-learning.ts') | undefined;
  /** Functions of weir.config.ts. */
  readonly watchdog: typeof import('./watchdog.ts') | undefined;
  /** Blocks `upstream`, which the API tells of. */
  readonly watch: typeof import('./watched-upstreams.ts') | undefined;
  /** `event_webhook`. */
  readonly webhooks: typeof import('./webhooks.ts') | undefined;
}

/** Loads what this configuration needs. */
export async function loadFeatures(outline: Outline): Promise<GenerationFeatures> {
  const learns = outline.rosters.some(({ config: { discovery = [] } }) => discovery.length > 0);
  const isJudged = outline.upstreamJudges.some((judges) => judges !== null);
  const hasLimits = outline.endpointConcurrency.some((config) => config !== null);
  const [discovery, health, judging, limits, watchdog, watch, webhooks] = await Promise.all([
    learns ? import('./discovery.ts') : undefined,
    outline.healthChecks.length > 0 ? import('./health-checks.ts') : undefined,
    isJudged ? import('./judging.ts') : undefined,
    hasLimits ? import('./limit-learning.ts') : undefined,
    outline.functions.length > 0 ? import('./watchdog.ts') : undefined,
    outline.named.length > 0 ? import('./watched-upstreams.ts') : undefined,
    outline.eventWebhooks.length > 0 ? import('./webhooks.ts') : undefined,
  ]);
  return { discovery, health, judging, limits, watchdog, watch, webhooks };
}
