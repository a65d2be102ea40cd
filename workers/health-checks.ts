/** The active health checks of a generation, in its main thread: once, however many threads it has. */
import { SystemClock } from '#src/base/clock.ts';
import type { ErrorLog } from '#src/base/log.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import type { EndpointEvents } from '#src/shared/endpoint-events.ts';
import { DEGRADED, OUT_CHECK } from '#src/shared/endpoint-standing.ts';
import type { EndpointTable } from '#src/shared/endpoint-table.ts';
import { sharedNowMs } from '#src/shared/endpoint-times.ts';
import type { EndpointConfig } from '#src/upstream/endpoint/upstream-config.ts';
import {
  ActiveChecks,
  type Checkable,
  type CheckMemory,
  type HealthReport,
  type VerdictChange,
  type VerdictSink,
} from '#src/upstream/health/active-checks.ts';
import type { Outline } from './messages.ts';

/** What checks need of the generation. */
export interface HealthHome {
  readonly events: EndpointEvents;
  readonly log: Pick<ErrorLog, 'log'>;
}

export class HealthChecks implements VerdictSink {
  readonly #outline: Outline;
  readonly #table: EndpointTable;
  readonly #home: HealthHome;
  readonly #wheel = new TimerWheel(new SystemClock());
  /** Names of the endpoints that were there from the start, by number. */
  readonly #firstOnes = new Map<number, string>();
  readonly #checks: ActiveChecks;

  /** Begins at once: who waits for its first pass is out before a thread serves. */
  constructor(outline: Outline, table: EndpointTable, home: HealthHome) {
    this.#outline = outline;
    this.#table = table;
    this.#home = home;
    const { healthChecks, named, upstreams } = outline;
    this.#checks = new ActiveChecks({
      checks: healthChecks,
      upstreamNames: upstreams,
      wheel: this.#wheel,
      sink: this,
    });
    this.#wheel.start();
    for (const { endpoints, firstEndpoint, id } of named) {
      for (const [slot, config] of endpoints.entries()) {
        this.#firstOnes.set(firstEndpoint + slot, config.name);
        this.#watch(id, firstEndpoint + slot, config);
      }
    }
  }

  /** The number in the endpoint table belongs to this endpoint from now on; undefined: to none. */
  onTenant(upstream: number, endpoint: number, config: EndpointConfig | undefined): void {
    if (config === undefined) this.#checks.forget(endpoint);
    else this.#watch(upstream, endpoint, config);
  }

  /** Undefined for an endpoint without checks. */
  report(endpoint: number): HealthReport | undefined {
    return this.#checks.report(endpoint);
  }

  /** For the snapshot of a reload. */
  take(): CheckMemory[] {
    return this.#checks.take();
  }

  /** Goes on with what an older generation knew. */
  restore(memories: readonly CheckMemory[]): void {
    this.#checks.restore(memories);
  }

  /** Another generation checks from now on. */
  stop(): void {
    this.#checks.stop();
    this.#wheel.stop();
  }

  /** VerdictSink. */
  setOut({ id }: Checkable, isOut: boolean): void {
    this.#table.setOut(id, OUT_CHECK, isOut);
  }

  /** VerdictSink. The slow start of who is back, or new, begins with the pass. */
  onChange(
    endpoint: Checkable,
    upstream: number,
    { hasRecovered, isOut, why }: VerdictChange,
  ): void {
    const isNew = !isOut && this.#firstOnes.get(endpoint.id) !== endpoint.name;
    // Where there is no slow start nobody reads it.
    if (hasRecovered || isNew) this.#table.times.join(endpoint.id, sharedNowMs(performance.now()));
    this.#home.events.tell({
      type: isOut ? 'down' : 'up',
      upstream: this.#outline.upstreams[upstream] ?? '',
      endpoint: endpoint.name,
      reason: 'check',
      detail: why,
      atMs: Date.now(),
    });
  }

  /** VerdictSink. */
  setDegraded(
    { id, name }: Checkable,
    upstream: number,
    isDegraded: boolean,
    why: string | undefined,
  ): void {
    this.#table.setOut(id, DEGRADED, isDegraded);
    if (why === undefined) return;
    this.#home.events.tell({
      type: isDegraded ? 'degraded' : 'undegraded',
      upstream: this.#outline.upstreams[upstream] ?? '',
      endpoint: name,
      reason: 'check',
      detail: why,
      atMs: Date.now(),
    });
  }

  /** VerdictSink. */
  onDetail(level: Parameters<ErrorLog['log']>[0], line: string): void {
    this.#home.log.log(level, line);
  }

  #watch(upstream: number, id: number, { address, name }: EndpointConfig): void {
    this.#checks.watch(upstream, { id, name, address });
  }
}
