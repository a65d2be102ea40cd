/** What the API needs to know of an upstream, and what it can have done to one. */
import type { EndpointConfig } from '#src/upstream/endpoint/upstream-config.ts';

/** NGINX Plus's words for how an endpoint is. */
export type PeerState = 'up' | 'draining' | 'down' | 'unavail' | 'checking' | 'unhealthy';

/** What was counted of an endpoint; times are averages in milliseconds, -1: not known. */
export interface PeerCounts {
  /** A health check says that it can do less than usual; absent: nobody knows. */
  readonly isDegraded?: boolean;
  readonly active: number;
  readonly requests: number;
  readonly fails: number;
  /** How often `max_fails` was reached. */
  readonly unavail: number;
  readonly headerMs: number;
  readonly responseMs: number;
  /** Final responses by class of status, 1xx to 5xx; absent where nobody counts them. */
  readonly responses?: readonly number[];
  /** Bytes to and from it; absent where nobody counts them. */
  readonly bytes?: { readonly sent: number; readonly received: number };
  /** How long it was not usable in all, and since when it is not (0: it is), epoch milliseconds. */
  readonly downtimeMs: number;
  readonly downSinceMs: number;
}

/** What its health checks came to. */
export interface PeerChecks {
  readonly checks: number;
  readonly fails: number;
  readonly unhealthy: number;
  /** Undefined before the first. */
  readonly lastPassed: boolean | undefined;
}

/** One endpoint as it is now. */
export interface SteeredMember {
  /** Its place in the upstream; given to another when it is gone. */
  readonly slot: number;
  readonly config: EndpointConfig;
  readonly admin: 'up' | 'drain' | 'down';
  /** Who named it: `configuration`, `api`, `dns:NAME`, `provider:…`. */
  readonly source: string;
  readonly state: PeerState;
}

/** What can be changed of an endpoint that stays. */
export interface MemberChanges {
  readonly weight?: number;
  readonly maxConns?: number;
  readonly maxFails?: number;
  readonly failTimeoutMs?: number;
  readonly slowStartMs?: number;
  readonly route?: string;
  readonly admin?: 'up' | 'drain' | 'down';
}

/** Done, in this slot; or why not. */
export type SteeringResult =
  | { readonly ok: true; readonly slot: number }
  | { readonly ok: false; readonly reason: 'full' | 'gone' | 'refused'; readonly text: string };

/** An upstream that can be looked at, and, with room for more, changed. */
export interface SteeredUpstream {
  readonly name: string;
  /** Its shared memory as `zone` names it. */
  readonly zone: string;
  /** No room was set aside for changes: it has no `zone`. */
  readonly isStatic: boolean;
  readonly hasBackup: boolean;
  /** Undefined without `queue`. */
  readonly queue:
    | { readonly size: number; readonly maxSize: number; readonly overflows: number }
    | undefined;
  members(): readonly SteeredMember[];
  counts(slot: number): PeerCounts;
  checks(slot: number): PeerChecks;
  add(config: EndpointConfig, admin: SteeredMember['admin']): SteeringResult;
  change(slot: number, changes: MemberChanges): SteeringResult;
  remove(slot: number): SteeringResult;
}
