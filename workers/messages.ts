/**
 * Every message between the three, as one union per direction. All are plain data; descriptors and
 * handles travel beside them.
 *
 *   master ──ToGeneration──▶ generation main thread ──ToThread──▶ proxy thread
 *   master ◀─FromGeneration─ generation main thread ◀─FromThread─ proxy thread
 *
 * A generation's life: start → ready → (drain → stopped-listening → drained | stop) → exit.
 */

import type { ApiAnswer, ApiRequest } from '#src/admin/api-answer.ts';
import type { EdgeEvent } from '#src/admin/edge-event.ts';
import type { NamedUpstream } from '#src/admin/live-upstream.ts';
import type { StateServer } from '#src/admin/state-file.ts';
import type { EventWebhook } from '#src/config/event-webhook-argument.ts';
import type { ErrorLogConfig } from '#src/exchange/error-log-argument.ts';
import type { PartMemory, SharedPart } from '#src/functions/shared-parts.ts';
import type { ApiQuestion } from '#src/proxy/api-run.ts';
import type { Facts, MasterFacts } from '#src/shared/facts.ts';
import type { SessionZone, SharedSizes } from '#src/shared/layout.ts';
import type { StatusReport } from '#src/shared/status-report.ts';
import type { ReadList } from '#src/upstream/discovery/server-list.ts';
import type { JudgeConfigs } from '#src/upstream/endpoint/judge-config.ts';
import type { FunctionSourceConfig } from '#src/upstream/endpoint/source-config.ts';
import type { ConcurrencyConfig, EndpointConfig } from '#src/upstream/endpoint/upstream-config.ts';
import type { CheckMemory } from '#src/upstream/health/active-checks.ts';
import type { CheckConfig } from '#src/upstream/health/check-config.ts';
import type { JudgeRecord } from '#src/upstream/judges/upstream-judge.ts';
import type { RosterList, RosterSetting } from '#src/upstream/roster/roster.ts';

/** One listening socket as a generation gets it: several numbers of one accept queue. */
export interface SocketShare {
  /** The master's number for it; constant over generations. */
  readonly socket: number;
  /** The address, as in `Model.listens`. */
  readonly key: string;
  /** Descriptor numbers in the generation. Who listens on one closes it, so none serves twice. */
  readonly descriptors: readonly number[];
  /** The threads that listen on it: one with SO_REUSEPORT, all when the queue is shared. */
  readonly threads: readonly number[];
}

/**
 * What a generation's main thread must know of the model, so that it need not build one: that costs
 * a third of its start and of its memory.
 */
export interface Outline {
  /** `upstream name/endpoint address`, at the endpoint's number in the endpoint table; '': spare. */
  readonly endpoints: readonly string[];
  /** Names of the upstreams, by id. */
  readonly upstreams: readonly string[];
  /** Per endpoint, as `endpoints`: its upstream's id and its weight. */
  readonly endpointUpstreams: readonly number[];
  readonly endpointWeights: readonly number[];
  /** 0, or the rank of `backup`. */
  readonly endpointTiers: readonly number[];
  /** Per endpoint: it starts slowly when it is new. */
  readonly endpointSlowStarts: readonly boolean[];
  /** Per endpoint: whether, and within what, its limit is learned. */
  readonly endpointConcurrency: readonly (ConcurrencyConfig | null)[];
  /** Per endpoint: neither `down` nor `drain`. */
  readonly endpointWanted: readonly boolean[];
  /** Per upstream, as `upstreams`: who judges its endpoints; null where nobody does. */
  readonly upstreamJudges: readonly (JudgeConfigs | null)[];
  /** Upstreams that may change while the generation runs. */
  readonly rosters: readonly RosterSetting[];
  /** Per upstream, as `upstreams`: the name of its policy. */
  readonly policies: readonly string[];
  /** Upstreams with a block of their own, which the API tells of. */
  readonly named: readonly NamedUpstream[];
  readonly eventWebhooks: readonly EventWebhook[];
  /** Files of `state`, by the name of the upstream. */
  readonly stateFiles: Readonly<Record<string, string>>;
  /** The first address that is listened on, for the API; '' without one. */
  readonly firstListen: string;
  /** What is checked, of whom. */
  readonly healthChecks: readonly CheckConfig[];
  /** Tables of sessions. */
  readonly zones: readonly SessionZone[];
  /** Names of the functions of weir.config.ts, by number; empty without any. */
  readonly functions: readonly string[];
  /** The memory that functions share. */
  readonly parts: readonly SharedPart[];
  readonly configFile: string;
  readonly configHash: string;
  /** Servers, locations and endpoints: what a thread's heap grows by. */
  readonly partCount: number;
  /** Which of src/transport's tiers this Node has. */
  readonly tier: 'fast' | 'handles' | 'portable';
  /** `worker_shutdown_timeout` in milliseconds; 0 is none. */
  readonly shutdownTimeoutMs: number;
}

/** The first message: all a generation needs. */
export interface StartOrder {
  readonly type: 'start';
  readonly generation: number;
  /** What the master built, packed, in base64: no other process reads configuration files. */
  readonly packedModel: string;
  readonly outline: Outline;
  readonly threadCount: number;
  readonly sockets: readonly SocketShare[];
  /** Downstream connections one thread may hold open. */
  readonly connectionCap: number;
  /** See ThreadData. */
  readonly servesByMs: number;
  /** No other generation serves. */
  readonly isAlone: boolean;
  readonly facts: MasterFacts;
  readonly errorLogs: readonly ErrorLogConfig[];
  /**
   * What the API has made of upstreams since this configuration was read: the generation that knew it
   * is dead. By their names.
   */
  readonly steered: Readonly<Record<string, readonly StateServer[]>>;
}

/**
 * State that outlives a generation, named by what it belongs to, since numbers change with the
 * configuration. Sent by the old one while the new one is made, and once more when that serves; the
 * new one uses what it still has.
 */
export interface Snapshot {
  /** Round-robin position by upstream name. */
  readonly turns: readonly (readonly [upstream: string, turn: number])[];
  /** What `sticky learn` has learned, per upstream. */
  readonly sessions: readonly SessionsSnapshot[];
  /** What is known of each endpoint, by its name. */
  readonly endpoints: readonly EndpointSnapshot[];
  /** Who is ejected and which breakers are open. */
  readonly judges?: readonly JudgeRecord[];
  /** What health checks say of it. */
  readonly checks?: readonly CheckMemory[];
  /** Who was named by others than the configuration and the API, such as name servers. */
  readonly sourced: readonly SourceSnapshot[];
}

/** What one source of endpoints said last. */
export interface SourceSnapshot {
  readonly upstream: string;
  readonly source: string;
  readonly endpoints: readonly EndpointConfig[];
}

/** Sessions in a snapshot. */
export interface SessionsSnapshot {
  readonly upstream: string;
  /** Names of its endpoints, by the numbers that stand in `packed`. */
  readonly endpoints: readonly string[];
  /** Of SessionTable.take: 32-bit numbers, in base64. */
  readonly packed: string;
}

/** An endpoint in a snapshot. */
export interface EndpointSnapshot {
  readonly name: string;
  /** Of EndpointTimes.take; empty when nothing is known. */
  readonly times: readonly number[];
  /** When it last came into service, for its slow start; 0: from the start. */
  readonly joinedAtMs: number;
  /** How many at a time it was learned to take; 0: nobody learns it. */
  readonly learnedLimit: number;
}

/**
 * What a generation has in flight and has counted; absolute, so that a lost report does no harm.
 * While it drains it reports every 50 ms.
 */
export interface LoadReport {
  /** Exchanges in flight by `upstream name/endpoint address`; those with none are left out. */
  readonly inFlight: readonly (readonly [endpoint: string, count: number])[];
  /** Sums of the thread rows, by column. */
  readonly totals: readonly number[];
}

export type ToGeneration =
  | StartOrder
  /** A newer generation accepts: finish what is open; after `timeoutMs` (0: never) cut it. */
  | { readonly type: 'drain'; readonly timeoutMs: number }
  /** Close everything now and exit. */
  | { readonly type: 'stop' }
  | { readonly type: 'reopen-logs' }
  /** Comes with a handle: one more descriptor of this socket. */
  | { readonly type: 'descriptor'; readonly socket: number }
  /** The master cannot send descriptors (portable tier): the answer is `replace`. */
  | { readonly type: 'no-descriptor'; readonly socket: number }
  /** From an older generation, before this one serves and once more before the older one drains. */
  | { readonly type: 'snapshot'; readonly snapshot: Snapshot }
  /** Sums over all older generations, for the rows `foreign`. */
  | { readonly type: 'foreign'; readonly load: LoadReport }
  /** Asks for `snapshot`. */
  | { readonly type: 'snapshot-request' }
  /** Asks for `status`. */
  | { readonly type: 'status-request' }
  /** Something has happened in the master: it is sent where events are sent. */
  | { readonly type: 'event'; readonly event: EdgeEvent }
  /** Somebody asks the API; the answer has the same number. */
  | { readonly type: 'api-request'; readonly id: number; readonly request: ApiRequest }
  /** What a location of it has asked by `api-ask`. */
  | { readonly type: 'api-told'; readonly id: number; readonly answer: ApiAnswer }
  | { readonly type: 'facts'; readonly facts: MasterFacts };

export type FromGeneration =
  /** The process runs and has set its traps; it now waits for `start`. */
  | { readonly type: 'hello' }
  /** Every thread listens and serves. */
  | { readonly type: 'ready' }
  /** A thread did not start; the process ends. */
  | { readonly type: 'failed'; readonly reason: string }
  /** No descriptor of a listening socket is left in it; its threads still serve. */
  | { readonly type: 'stopped-listening' }
  /** Nothing is open any more; the process ends. */
  | { readonly type: 'drained' }
  /** Few descriptors of this socket are left. */
  | { readonly type: 'need-descriptor'; readonly socket: number }
  /** It serves, but cannot keep itself whole any more: another generation must take over. */
  | { readonly type: 'replace'; readonly reason: string }
  | { readonly type: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly type: 'load'; readonly load: LoadReport }
  /** A location with `api` asks; `api-told` answers with the same number. */
  | { readonly type: 'api-ask'; readonly id: number; readonly question: ApiQuestion }
  | {
      readonly type: 'api-answer';
      readonly id: number;
      readonly answer: ApiAnswer;
      /** Who is in the upstream that it changed; empty when it changed none. */
      readonly servers: readonly StateServer[];
    }
  | { readonly type: 'status'; readonly status: StatusReport };

/** What a proxy thread is started with. */
export interface ThreadData {
  /** What the master built, packed (src/config/packed-model.ts): shared by all. */
  readonly packedModel: SharedArrayBuffer;
  readonly thread: number;
  readonly shared: SharedArrayBuffer;
  readonly sizes: SharedSizes;
  /** Of functions, by name. */
  readonly partMemory: PartMemory;
  readonly connectionCap: number;
  /** As of Outline. */
  readonly partCount: number;
  /** When clients are to find it listening, milliseconds since the epoch; 0: nobody waits for it. */
  readonly servesByMs: number;
  readonly errorLogs: readonly ErrorLogConfig[];
}

/** What the thread of `provider` functions is started with. */
export interface ProviderThreadData {
  readonly packedModel: SharedArrayBuffer;
  readonly partMemory: PartMemory;
  /** As whom it locks what functions share. */
  readonly owner: number;
  readonly jobs: readonly ProviderJob[];
}

/** One function of one upstream. */
export interface ProviderJob {
  readonly job: number;
  readonly config: FunctionSourceConfig;
  readonly upstream: string;
}

/** From the thread of `provider` functions to the generation's main thread. */
export type FromProviders =
  /** All functions are loaded. */
  | { readonly type: 'running' }
  | { readonly type: 'list'; readonly job: number; readonly list: ReadList }
  | { readonly type: 'fault'; readonly job: number; readonly why: string }
  /** For the error log. */
  | { readonly type: 'line'; readonly line: string };

export type ToThread =
  /** Accept on this descriptor; the thread owns the number from now on. */
  | { readonly type: 'listen'; readonly key: string; readonly descriptor: number }
  /** One more of a queue that is behind, for a while (src/server/accept-pace.ts); not confirmed. */
  | { readonly type: 'listen-more'; readonly key: string; readonly descriptor: number }
  | { readonly type: 'drain' }
  | { readonly type: 'close' }
  | { readonly type: 'reopen-logs' }
  | { readonly type: 'facts'; readonly facts: Facts }
  /** Who is in an upstream from now on; `taken-over` follows. */
  | { readonly type: 'roster'; readonly list: RosterList }
  | { readonly type: 'api-told'; readonly id: number; readonly answer: ApiAnswer }
  /** Only where WEIR_TEST_HOOKS is set: end in a given way. */
  | { readonly type: 'crash'; readonly how: string };

export type FromThread =
  /** The server is built; it now waits for `listen`. */
  | { readonly type: 'built' }
  | { readonly type: 'taken-over'; readonly upstream: number; readonly version: number }
  | { readonly type: 'listening'; readonly key: string }
  | { readonly type: 'listen-failed'; readonly key: string; readonly reason: string }
  /**
   * `full`: at its connection cap it has closed its listening descriptors; their queues wait in the
   * kernel, and the generation lets threads with room serve them. `room`: it can listen again and
   * needs one descriptor for each of its sockets.
   */
  | { readonly type: 'pressure'; readonly state: 'full' | 'room' }
  /** One accept per turn of its loop is too few there: it can use `listen-more`. */
  | { readonly type: 'accepts-behind'; readonly key: string }
  /** As of FromGeneration. */
  | { readonly type: 'api-ask'; readonly id: number; readonly question: ApiQuestion }
  | { readonly type: 'stopped-listening' }
  | { readonly type: 'drained' }
  | { readonly type: 'closed' };
