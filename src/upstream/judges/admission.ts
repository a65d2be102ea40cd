/** `admission_control`: turns away so much that what passes is about what succeeds (HR-27). */
import type { AdmissionConfig } from '#src/upstream/endpoint/judge-config.ts';
import { outcomesOf, type Sample } from './candidate.ts';
import { SlidingWindow } from './sliding-window.ts';

/**
 * Client-side throttling of Google's SRE book over what was let through, as in Envoy: of `requests`
 * with `good` answers (requests − good / success_rate) / (requests + 1) is turned away. What was
 * turned away does not count, so an upstream that half fails keeps about half, and the share follows
 * it down and up over the window without a cliff.
 */
export class Admission {
  readonly #config: AdmissionConfig;
  readonly #window: SlidingWindow;

  constructor(config: AdmissionConfig, nowMs: number) {
    this.#config = config;
    this.#window = new SlidingWindow(config.windowMs, nowMs);
  }

  /** One look, with what came since the last one; the share to turn away. */
  look(sample: Readonly<Sample>, nowMs: number): number {
    const { maxRejection, minRequests, successShare } = this.#config;
    this.#window.add(sample, nowMs);
    const { sum } = this.#window;
    const requests = outcomesOf(sum);
    if (requests < minRequests) return 0;
    const share = (requests - sum.good / successShare) / (requests + 1);
    return Math.min(maxRejection, Math.max(0, share));
  }

  /** Of what the share was made: good answers and all, within the window. */
  get figures(): { readonly good: number; readonly requests: number } {
    const { sum } = this.#window;
    return { good: sum.good, requests: outcomesOf(sum) };
  }
}
