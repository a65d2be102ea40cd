/** A body as functions get it: whole, and theirs. */
import type { WholeBody } from './contexts.ts';

/** Of these bytes, which are copied: the function may change its own. */
export function wholeBody(bytes: Buffer): WholeBody {
  return {
    bytes: Buffer.from(bytes),
    text: () => bytes.toString('utf8'),
    json: () => JSON.parse(bytes.toString('utf8')) as unknown,
  };
}
