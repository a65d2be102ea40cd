/** An upstream as the endpoint table of its generation tells of it. Main thread. */
import {
  OUT_BREAKER,
  OUT_CHECK,
  OUT_DOWN,
  OUT_DRAIN,
  OUT_OUTLIER,
} from '#src/shared/endpoint-standing.ts';
import type { EndpointTable } from '#src/shared/endpoint-table.ts';
import { sharedNowMs } from '#src/shared/endpoint-times.ts';
import type { EndpointConfig } from '#src/upstream/endpoint/upstream-config.ts';
import type { PeerSums } from './peer-times.ts';
import type { PeerCounts, PeerState, SteeredMember } from './steered-upstream.ts';

type TableCounts = Omit<
  PeerCounts,
  'unavail' | 'downtimeMs' | 'downSinceMs' | 'headerMs' | 'responseMs'
>;

const CLASSES = [1, 2, 3, 4, 5];
const NO_COUNTS: TableCounts = {
  active: 0,
  requests: 0,
  fails: 0,
  responses: CLASSES.map(() => 0),
  bytes: { sent: 0, received: 0 },
};

/** What of an endpoint is a matter of the table: how it is, and what was counted. */
export class TableView {
  readonly #table: EndpointTable;
  /** Of the endpoint in slot 0. */
  readonly #first: number;
  readonly #upstream: number;

  constructor(table: EndpointTable, upstream: number, firstEndpoint: number) {
    this.#table = table;
    this.#upstream = upstream;
    this.#first = firstEndpoint;
  }

  /** How it is; what somebody wants of it (`admin`) comes first. */
  stateOf(slot: number, { failTimeoutMs, maxFails }: EndpointConfig): PeerState {
    const { standing } = this.#table;
    const endpoint = this.#first + slot;
    const out = standing.out(endpoint);
    if ((out & OUT_DOWN) !== 0) return 'down';
    if ((out & OUT_DRAIN) !== 0) return 'draining';
    if ((out & OUT_CHECK) !== 0) return 'unhealthy';
    if ((out & (OUT_OUTLIER | OUT_BREAKER)) !== 0) return 'unavail';
    const nowMs = Math.floor(sharedNowMs(performance.now()));
    return standing.isAside(endpoint, maxFails, failTimeoutMs, nowMs) ? 'unavail' : 'up';
  }

  /** What was counted of it in this generation, and what it has in flight in all. */
  countsOf(slot: number): TableCounts {
    const endpoint = this.#first + slot;
    if (this.#table.isVacant(endpoint)) return NO_COUNTS;
    const table = this.#table;
    return {
      isDegraded: table.standing.isDegraded(endpoint),
      active: table.active(endpoint),
      requests: table.requests(endpoint),
      fails: table.failures(endpoint),
      responses: CLASSES.map((one) => table.answers(endpoint, one)),
      bytes: { sent: table.sentBytes(endpoint), received: table.receivedBytes(endpoint) },
    };
  }

  /** For averages over time: sums that only grow, until the place has another tenant. */
  sumsOf(slot: number): PeerSums {
    const endpoint = this.#first + slot;
    const table = this.#table;
    return {
      headers: CLASSES.reduce((sum, one) => sum + table.answers(endpoint, one), 0),
      headerMs: table.headerMs(endpoint),
      ended: table.requests(endpoint) - table.ownActive(endpoint),
      busyMs: table.busyMs(endpoint),
    };
  }

  /** What waits in its queue; undefined when it has none. */
  queueOf(maxSize: number) {
    if (maxSize === 0) return undefined;
    const { queues } = this.#table;
    const overflows = queues.shedCount(this.#upstream, 'full');
    return { size: queues.length(this.#upstream), maxSize, overflows };
  }
}

/** What the configuration wants of an endpoint. */
export function adminOf({ down, drain }: EndpointConfig): SteeredMember['admin'] {
  if (down) return 'down';
  return drain ? 'drain' : 'up';
}
