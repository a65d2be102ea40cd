/**
 * Data path. What a read that brought no bytes means. errno alone does not say: V8 may have called
 * the kernel before we look at it, so that any number may stand there. What the kernel told of the
 * socket (`isEnd`) and a second read find out; at worst an end counts as a reset, never a reset as
 * an end, which would pass a part of an answer off as the whole.
 */

import { constants } from 'node:os';

/** There is nothing to read now. */
export const READ_NOTHING = 0;
/** It cannot be said yet: read again on the next turn, with `wasDoubtful`. */
export const READ_AGAIN = 1;
/** Every byte was read, and the peer has sent FIN. */
export const READ_END = 2;
/** The connection broke; `brokenBy` names why. */
export const READ_BROKEN = 3;

const { EAGAIN, ECONNRESET, EINTR } = constants.errno;

/** What recv can say of a connection that is no more. */
const BREAKING: ReadonlySet<number> = new Set([
  constants.errno.ECONNABORTED,
  constants.errno.ECONNREFUSED,
  ECONNRESET,
  constants.errno.EHOSTUNREACH,
  constants.errno.ENETDOWN,
  constants.errno.ENETRESET,
  constants.errno.ENETUNREACH,
  constants.errno.ENOTCONN,
  constants.errno.EPIPE,
  constants.errno.ETIMEDOUT,
]);

/**
 * @param length what recv gave: 0, or minus errno
 * @param isEnd the kernel says that the peer's FIN or an error is there
 * @param wasDoubtful the read before was not understood
 */
export function verdictOf(length: number, isEnd: boolean, wasDoubtful: boolean): number {
  if (length === 0) return wasDoubtful ? READ_BROKEN : READ_END;
  if (BREAKING.has(-length)) return READ_BROKEN;
  if (length === -EAGAIN && !isEnd) return READ_NOTHING;
  if (length === -EINTR && !wasDoubtful) return READ_AGAIN;
  // No errno of a read, or one that contradicts the kernel's word.
  if (!wasDoubtful) return READ_AGAIN;
  return length === -EAGAIN ? READ_NOTHING : READ_BROKEN;
}

/** Why it broke, as a negative errno; a reset when the reason was lost. */
export function brokenBy(length: number): number {
  return BREAKING.has(-length) ? length : -ECONNRESET;
}
