/** `fault` in an explanation. */
import type { FaultRule } from '#src/proxy/fault-argument.ts';
import type { FaultVerdict } from '#src/proxy/faults.ts';
import type { FaultEvent, Written } from './trace.ts';

/** What a `fault` did to the request that is asked about, and why. */
export function faultEvent(
  written: Written,
  { percent }: FaultRule,
  verdict: FaultVerdict,
): FaultEvent {
  return { kind: 'fault', ...written, isInjected: verdict === 'injected', because: why() };

  function why(): string {
    if (verdict === 'condition') return 'not this request: its condition is empty or 0';
    if (percent === 100) return 'on purpose, to every request';
    return `${verdict === 'injected' ? 'on purpose' : 'not now'}: by chance, ${percent} % of requests`;
  }
}

/** Chance has no part in an explanation that nothing serves: only what happens to all happens. */
export const ONLY_CERTAINTIES = { next: () => 2 ** 30 - 1 };
