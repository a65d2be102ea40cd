/** What the judges tell. */
import type { EndpointEvent } from '#src/shared/endpoint-events.ts';
import type { BreakerChange } from './breaker.ts';

/** What happened, without the upstream and the time. */
export type JudgeNews = Pick<EndpointEvent, 'type' | 'endpoint' | 'reason' | 'detail'>;

/** Who hears of it; `spared` is no event, only worth a line. */
export interface JudgeListener {
  onNews(news: JudgeNews): void;
  onSpared(line: string): void;
}

/** A change of a breaker; `endpoint` '' for one of a whole upstream. */
export function breakerNews(change: BreakerChange, endpoint: string, nowMs: number): JudgeNews {
  const { to, untilMs, why } = change;
  const type = (
    { open: 'breaker_open', trial: 'breaker_trial', closed: 'breaker_closed' } as const
  )[to];
  const what = { open: 'nothing passes', trial: 'a growing share passes', closed: 'all passes' }[
    to
  ];
  const forHow = untilMs === 0 ? '' : ` ${until(untilMs, nowMs)}`;
  return { type, endpoint, reason: 'breaker', detail: `${why}; ${what}${forHow}` };
}

/** `for 30 s`: what people can add to the time of the line. */
export function until(untilMs: number, nowMs: number): string {
  return `for ${((untilMs - nowMs) / 1000).toFixed(1).replace(/\.0$/, '')} s`;
}
