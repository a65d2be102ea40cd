/** What happens to endpoints and upstreams, told within the generation's main thread. */

/**
 * `down`: the endpoint gets nothing for `reason`; `up`: that reason has gone. `breaker_open`: what is
 * judged gets nothing until its trial; `breaker_trial`: it gets a share that grows; `breaker_closed`:
 * all of it again. `degraded`: it gets what the others cannot take; `undegraded`: its share again. `shedding`, `shedding_over`: `admission_control` turns some exchanges away.
 */
export type EndpointEventType =
  | 'down'
  | 'up'
  | 'breaker_open'
  | 'breaker_trial'
  | 'breaker_closed'
  | 'degraded'
  | 'undegraded'
  | 'shedding'
  | 'shedding_over';

/** One of them. */
export interface EndpointEvent {
  readonly type: EndpointEventType;
  readonly upstream: string;
  /** As `$upstream_addr` shows it; '': the upstream as a whole. */
  readonly endpoint: string;
  /** A word that programs may compare: `outlier`, `breaker`, `flapping`, `check`, `admission` … */
  readonly reason: string;
  /** For people: why, with figures, and until when. */
  readonly detail: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** What an event is in the error log. */
export function lineOfEvent(event: EndpointEvent): { level: 'warn' | 'notice'; text: string } {
  const { detail, endpoint, reason, type, upstream } = event;
  const who = endpoint === '' ? '' : ` ${endpoint}`;
  const level = LOUD.has(type) ? 'warn' : 'notice';
  return { level, text: `upstream "${upstream}":${who} ${WORDS[type]} (${reason}): ${detail}` };
}

const LOUD: ReadonlySet<EndpointEventType> = new Set([
  'down',
  'breaker_open',
  'shedding',
  'degraded',
]);
const WORDS: Readonly<Record<EndpointEventType, string>> = {
  down: 'is out',
  up: 'is back',
  breaker_open: 'breaker opens',
  breaker_trial: 'breaker tries',
  breaker_closed: 'breaker closes',
  degraded: 'is degraded',
  undegraded: 'is degraded no more',
  shedding: 'turns requests away',
  shedding_over: 'turns nobody away',
};

/** Who is told. */
export type EndpointEventListener = (event: EndpointEvent) => void;

/** Where they are told; listeners are called at once, in the order in which they came. */
export class EndpointEvents {
  readonly #listeners: EndpointEventListener[] = [];

  /** From now on; for as long as the process lives. */
  listen(listener: EndpointEventListener): void {
    this.#listeners.push(listener);
  }

  tell(event: EndpointEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
