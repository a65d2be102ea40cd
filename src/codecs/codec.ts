/** Data path. The contract of every codec: bytes in, events out; no sockets, timers or promises. */

/** More bytes are needed; what was read so far must be given again in front of them. */
export const NEED_MORE = 0;
/** The message cannot be understood; `failure` of the decoder says why. Terminal. */
export const FAILED = -1;

/**
 * Takes the body of one message. `bytes[start..end)` are valid during the call only; a span is
 * never empty.
 */
export interface BodySink {
  onBody(bytes: Buffer, start: number, end: number): void;
}
