// What a reason for a difference is made of.

import type { Difference } from './both.ts';
import type { Outcome, Part } from './compare.ts';

/** One class of differences that is meant. */
export interface Explanation {
  readonly name: string;
  /** @param text of the configuration */
  holds(part: Part, difference: Difference, text: string): boolean;
}

/** Whether the status line, behind its version, is one of those. */
export function isStatus({ answered }: Outcome, pattern: RegExp): boolean {
  return pattern.test(answered.line.slice('HTTP/1.1 '.length));
}
