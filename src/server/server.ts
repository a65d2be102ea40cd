/**
 * One proxy thread's server: the composition of everything below, and the one place where listeners,
 * proxy and upstreams meet. Reads top to bottom; what each part does stands in its own file.
 */

import type { Clock } from '#src/base/clock.ts';
import type { ConnectionEnd } from '#src/base/connection-end.ts';
import { DrainState } from '#src/base/drain-state.ts';
import type { ErrorLog } from '#src/base/log.ts';
import { TimerEntry, TimerWheel } from '#src/base/timer-wheel.ts';
import type { Model } from '#src/config/model.ts';
import type { AccessLogTarget } from '#src/exchange/access-record.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { FunctionBalancer } from '#src/functions/function-balancer.ts';
import { FunctionHost } from '#src/functions/function-host.ts';
import { LISTENERS } from '#src/listeners/index.ts';
import type { Listener, ListenerOwner, ListenerSettings } from '#src/listeners/listener.ts';
import type { AskApi } from '#src/proxy/api-run.ts';
import type { ChanceSource, FaultKind, FaultWatcher } from '#src/proxy/faults.ts';
import { Proxy, type ProxyOptions } from '#src/proxy/proxy.ts';
import type { StoreLog } from '#src/proxy/stored-copy.ts';
import type { ListenConfig, Location } from '#src/routing/model.ts';
import { nameOf, type Router } from '#src/routing/router.ts';
import type { FunctionRef } from '#src/schema/function-ref.ts';
import { END_COLUMNS } from '#src/shared/reason-columns.ts';
import type { SharedState } from '#src/shared/shared-state.ts';
import type { StatusModel } from '#src/shared/status-report.ts';
import {
  FAULT_DELAYS,
  FAULT_RATES,
  INTERNAL_ERRORS,
  LOG_LINES_DROPPED,
  UPSTREAM_CONNECTS,
  UPSTREAM_REUSES,
} from '#src/shared/thread-rows.ts';
import type { Transport } from '#src/transport/transport.ts';
import type { BalancerMaterial } from '#src/upstream/balancers/balancer.ts';
import { slotsOf } from '#src/upstream/endpoint/upstream-config.ts';
import type { RosterList } from '#src/upstream/roster/roster.ts';
import { type MakeResolver, RunTimeUpstreams } from '#src/upstream/run-time-upstreams.ts';
import { Upstream } from '#src/upstream/upstream.ts';
import { AcceptPace } from './accept-pace.ts';
import { AccessLogs } from './access-logs.ts';
import { ErrorLogFiles } from './error-log-files.ts';
import { FailureLog } from './failure-log.ts';
import { statusPage } from './status-page.ts';

export interface ServerOptions {
  readonly model: Model;
  /** Number of this thread, from 0. */
  readonly thread: number;
  readonly shared: SharedState;
  /** Where its sockets come from. */
  readonly transport: Transport;
  readonly errorLog: ErrorLog;
  /** The clock that the model was built with: its variables and this server share one time. */
  readonly clock: Clock;
  /** The functions that the model was built with; none when not given. */
  readonly functions?: FunctionHost;
  /** Which exchanges meet a `fault`; by chance when not given. */
  readonly chance?: ChanceSource;
  /** Connections at which it stops accepting; unlimited when not given. */
  readonly connectionCap?: number;
  /** True: it has closed its listening descriptors; false: there is room, give it new ones. */
  readonly onPressure?: (isFull: boolean) => void;
  /** One accept per turn of the loop is too few there: it can use `listenMore` (accept-pace.ts). */
  readonly onAcceptsBehind?: (key: string) => void;
  /** Asks the API, for locations with `api`. */
  readonly askApi?: AskApi;
  /** Of `weir explain` and `weir test` (src/explain). */
  readonly observer?: ServerObserver;
  /** Serves in place of the proxy where clients may ask what became of a request (`explain`). */
  readonly explain?: MakeExplainer;
}

/** How exchanges are served, by the key of the listener they came in on. */
export type Serve = (exchange: Exchange, listenKey: string) => void;

/** Makes, beside a proxy, what serves exchanges that are asked about, and hands others to it. */
export type MakeExplainer = (proxy: Proxy, options: ProxyOptions) => Serve;

/** Who looks on in place of what is there: no log is written, no name server asked. */
export interface ServerObserver {
  readonly router: Router;
  readonly logsOf: ProxyOptions['logsOf'];
  readonly makeResolver: MakeResolver;
  readonly makeTries: NonNullable<ProxyOptions['makeTries']>;
  readonly watchFaults: FaultWatcher;
}

/** After it was full, a thread accepts again when this share of its connections is left. */
const ROOM_RATIO = 0.95;
/** After accept() failed for want of descriptors, as long as nginx waits. */
const ACCEPT_PAUSE_MS = 500;

export class Server implements ListenerOwner {
  readonly #options: ServerOptions;
  readonly #clock: Clock;
  readonly #wheel: TimerWheel;
  readonly #pace: AcceptPace;
  readonly #row: Float64Array;
  readonly #logs: AccessLogs;
  readonly #errorLogFiles = new ErrorLogFiles();
  readonly #failures: FailureLog;
  readonly #logsOf: (location: Location) => readonly AccessLogTarget[];
  readonly #upstreams: readonly Upstream[];
  readonly #runTime: RunTimeUpstreams;
  readonly #drain = new DrainState();
  readonly #listeners = new Map<string, Listener>();
  readonly #pause = new TimerEntry({ onTimeout: () => this.#resume() });
  #isFull = false;
  #onDrained: (() => void) | undefined = undefined;

  /** Throws when a log file cannot be opened; nothing listens yet. */
  constructor(options: ServerOptions) {
    this.#options = options;
    const { model, shared, thread, transport } = options;
    this.#clock = options.clock;
    this.#wheel = new TimerWheel(this.#clock);
    this.#pace = new AcceptPace(transport, this.#wheel, (key) => options.onAcceptsBehind?.(key));
    this.#row = shared.rows.row(thread);
    this.#logs = new AccessLogs(this.#wheel, { onDropped: (...what) => this.#onDropped(...what) });
    this.#failures = new FailureLog(options.errorLog);
    const failures = this.#failures;
    this.#logsOf = options.observer?.logsOf ?? ((location) => this.#openLogs(location));
    const { functions = new FunctionHost([]) } = options;
    const poolThread = {
      wheel: this.#wheel,
      transport,
      countConnect: () => this.#count(UPSTREAM_CONNECTS),
      countReuse: () => this.#count(UPSTREAM_REUSES),
      countEnd: (end: ConnectionEnd, endpoint: string) => {
        this.#count(END_COLUMNS[end]);
        failures.onUpstreamEnd(end, endpoint);
      },
      onInternalError: (error: unknown) => this.#onInternalError(error),
      makeBalancer: (ref: FunctionRef, material: BalancerMaterial) =>
        new FunctionBalancer(ref, material, functions),
      drain: this.#drain,
    };
    if (options.observer === undefined) this.#openLogFiles(model);
    let firstEndpoint = 0;
    this.#upstreams = model.upstreams.map((config, id) => {
      const { endpoints, sessions } = shared;
      const table = sessions.get(id);
      const upstream = new Upstream(
        config,
        id,
        firstEndpoint,
        endpoints,
        poolThread,
        undefined,
        table,
      );
      firstEndpoint += slotsOf(config);
      return upstream;
    });
    functions.attach({ row: this.#row, log: options.errorLog, wheel: this.#wheel });
    this.#runTime = new RunTimeUpstreams(
      this.#upstreams,
      poolThread,
      options.observer?.makeResolver,
    );
    const proxyOptions: ProxyOptions = {
      clock: this.#clock,
      wheel: this.#wheel,
      servers: model.servers,
      upstreams: this.#upstreams,
      runTime: this.#runTime,
      logsOf: this.#logsOf,
      ...(options.observer === undefined
        ? {}
        : {
            router: options.observer.router,
            makeTries: options.observer.makeTries,
            watchFaults: options.observer.watchFaults,
          }),
      ...(options.chance === undefined ? {} : { chance: options.chance }),
      onFault: (kind) => this.#countFault(kind),
      functions,
      onInternalError: (error) => this.#onInternalError(error),
      statusPage: (format) => statusPage(format, this.#statusModel(), shared),
      ...(options.askApi === undefined ? {} : { askApi: options.askApi }),
      onRewrite: (...what) => failures.onRewrite(...what),
      onAttemptFailed: (...what) => failures.onAttemptFailed(...what),
      onSpoolFailed: (exchange, errno) => failures.onSpoolFailed(exchange, errno),
      onPassFailed: (...what) => failures.onPassFailed(...what),
      logs: {
        onBindInvalid: (exchange, text) => failures.onBindInvalid(exchange, text),
        // Who only looks at what would be answered writes no files.
        ...(options.observer === undefined && {
          onStoreFailed: (...what: Parameters<StoreLog>) => failures.onStoreFailed(...what),
        }),
      },
    };
    const proxy = new Proxy(proxyOptions);
    const serve: Serve = (exchange, listenKey) => proxy.serve(exchange, listenKey);
    const listenHttp = LISTENERS.http.start({
      clock: this.#clock,
      wheel: this.#wheel,
      transport: this.#pace,
      owner: this,
      row: this.#row,
      serve: options.explain?.(proxy, proxyOptions) ?? serve,
      onReason: (exchange) => failures.onReason(exchange),
      onConnectionEnd: failures.tellsEnds
        ? (end, client) => failures.onClientEnd(end, client)
        : undefined,
      onInternalError: (error) => this.#onInternalError(error),
      drain: this.#drain,
    });
    for (const listen of model.listens) {
      this.#listeners.set(listen.key, listenHttp(this.#settingsOf(listen)));
    }
    this.#wheel.start();
  }

  get connectionCount(): number {
    let count = 0;
    for (const listener of this.#listeners.values()) count += listener.connectionCount;
    return count;
  }

  /** Starts accepting on a listening descriptor of that address; throws an Error with a `code`. */
  listen(key: string, fd: number): void {
    const listener = this.#listeners.get(key);
    if (listener === undefined) throw new Error(`the configuration has no "listen" for ${key}`);
    listener.listen(fd);
  }

  /**
   * One more listening descriptor of an address that is behind; closed when it is no longer needed,
   * and by `stopListening`. False: it accepts nothing there now, and the descriptor is still the
   * caller's. Throws an Error with a `code`.
   */
  listenMore(key: string, fd: number): boolean {
    return this.#pace.acceptMore(key, fd);
  }

  /** Who is in an upstream from now on. New tenants of slots begin with counts of 0 in this thread. */
  takeOver({ members, upstream, zero }: RosterList): void {
    const { shared, thread } = this.#options;
    const one = this.#upstreams[upstream];
    if (one === undefined)
      throw new Error(`a list of servers for upstream ${upstream}: there is none`);
    for (const slot of zero) shared.endpoints.zeroCounts(one.firstEndpoint + slot, thread);
    one.replaceEndpoints(members);
  }

  /** Closes the listening descriptors; connections live on. */
  stopListening(): void {
    for (const listener of this.#listeners.values()) listener.stopListening();
  }

  /** Finishes what is open and accepts nothing new; `onDrained` once, when nothing is left. */
  drain(onDrained: () => void): void {
    this.#onDrained = onDrained;
    this.#drain.isDraining = true;
    this.stopListening();
    for (const listener of this.#listeners.values()) listener.drain();
    for (const upstream of this.#upstreams) upstream.close();
    this.#runTime.drain();
    this.#reportDrained();
  }

  /** Endpoints as they are now. */
  #statusModel(): StatusModel {
    const upstreams = this.#upstreams.map(({ config, endpoints }) => ({
      name: config.name,
      policy: config.policy,
      endpoints: endpoints.map(({ config: { name, tier, weight }, id }) => {
        return { id, name, tier, weight };
      }),
    }));
    return { upstreams };
  }

  /** Everything at once; the logs are written. */
  close(): void {
    this.#drain.isDraining = true;
    for (const listener of this.#listeners.values()) listener.close();
    for (const upstream of this.#upstreams) upstream.close();
    this.#runTime.close();
    this.#closeLogs();
    this.#wheel.stop();
  }

  reopenLogs(): void {
    this.#logs.reopen();
    this.#errorLogFiles.reopen((path, error) => {
      this.#options.errorLog.log('emerg', `cannot open ${path}: ${(error as Error).message}`);
    });
  }

  /** ListenerOwner. */
  onConnectionOpened(): void {
    const { connectionCap } = this.#options;
    if (connectionCap === undefined || this.connectionCount < connectionCap) return;
    for (const listener of this.#listeners.values()) if (listener.evictQuietest()) return;
    this.#stopAccepting();
  }

  /** ListenerOwner. */
  onConnectionClosed(): void {
    const { connectionCap = 0 } = this.#options;
    if (this.#isFull && this.connectionCount <= connectionCap * ROOM_RATIO) this.#resume();
    this.#reportDrained();
  }

  /** ListenerOwner: descriptors are used up, by whomever. Spinning would not free one. */
  onAcceptFailed(key: string, errno: string): void {
    this.#options.errorLog.log(
      'crit',
      `accept() on ${key} failed (${errno}); not accepting for ${ACCEPT_PAUSE_MS} ms. ` +
        'Raise worker_rlimit_nofile or lower worker_connections',
    );
    this.#stopAccepting();
    this.#wheel.arm(this.#pause, ACCEPT_PAUSE_MS);
  }

  #stopAccepting(): void {
    if (this.#isFull || this.#options.onPressure === undefined) return;
    this.#isFull = true;
    this.stopListening();
    this.#options.onPressure(true);
  }

  #resume(): void {
    if (!this.#isFull || this.#drain.isDraining) return;
    this.#isFull = false;
    this.#options.onPressure?.(false);
  }

  #reportDrained(): void {
    const onDrained = this.#onDrained;
    if (onDrained === undefined || this.connectionCount > 0) return;
    this.#onDrained = undefined;
    this.#runTime.close();
    this.#closeLogs();
    this.#wheel.stop();
    onDrained();
  }

  /** All of them at once: what writes to some may be compiled much later (src/proxy/proxy.ts). */
  #openLogFiles({ accessLogFiles, errorLogFiles }: Model): void {
    for (const file of accessLogFiles) this.#logs.open(file);
    for (const path of errorLogFiles) this.#errorLogFiles.open(path);
  }

  /** Which access logs those are tells which error log goes with them. */
  #openLogs({ errorLogs, log }: Location): readonly AccessLogTarget[] {
    const targets = this.#logs.of(log);
    if (errorLogs === undefined) return targets;
    const own = [...targets];
    const fan = this.#errorLogFiles.fanOf(errorLogs);
    this.#failures.use(this.#options.errorLog.elsewhere(fan, fan.level), own);
    return own;
  }

  #closeLogs(): void {
    this.#logs.close();
    this.#errorLogFiles.close();
  }

  #onInternalError(error: unknown): void {
    this.#count(INTERNAL_ERRORS);
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#options.errorLog.log('alert', `an exchange was ended by an error of ours: ${text}`);
  }

  #onDropped(lines: number, reason: string): void {
    const before = this.#row[LOG_LINES_DROPPED] ?? 0;
    this.#row[LOG_LINES_DROPPED] = before + lines;
    if (before === 0 || lines > 1) {
      this.#options.errorLog.error(`access log: ${lines} line(s) lost: ${reason}`);
    }
  }

  /** Aborts are counted as reasons. */
  #countFault(kind: FaultKind): void {
    if (kind === 'delay') this.#count(FAULT_DELAYS);
    else if (kind === 'rate') this.#count(FAULT_RATES);
  }

  #count(column: number): void {
    this.#row[column] = (this.#row[column] ?? 0) + 1;
  }

  /** What holds before a virtual server is known: the settings of the address's default server. */
  #settingsOf({ address, backlog, key }: ListenConfig): ListenerSettings {
    const { servers } = this.#options.model;
    const here = servers.filter((server) => server.listens.some((at) => at.key === key));
    const fallback =
      here.find((server) => server.listens.some((at) => at.key === key && at.isDefault)) ?? here[0];
    if (fallback === undefined) throw new Error(`no server listens on ${key}`);
    const { client } = fallback.fallback;
    const isLogged = here.some((server) => server.isLogged);
    const serverName = nameOf(fallback);
    const logs = this.#logsOf(fallback.fallback);
    return { key, address, backlog, client, serverName, logs, isLogged };
  }
}
