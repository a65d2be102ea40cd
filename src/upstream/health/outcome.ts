/** How a check has ended, and who reads what an endpoint says until it has. */

export interface Outcome {
  readonly passed: boolean;
  /** For logs and status: `status 200`, `timed out while waiting for the answer`. */
  readonly result: string;
  /** It passed, and says that it can do less than usual. */
  readonly isDegraded: boolean;
  /** The connection can serve another check. */
  readonly mayReuse: boolean;
}

/** Takes an answer in pieces; bounded in bytes, whatever comes. */
export interface AnswerReader {
  /** Nothing has come yet. */
  readonly isUntouched: boolean;
  /** The outcome, once it is known. `bytes` may be used during the call only. */
  take(bytes: Buffer): Outcome | undefined;
  /** The endpoint has closed its side. */
  end(): Outcome;
}

export function passed(result: string, mayReuse = false, isDegraded = false): Outcome {
  return { passed: true, result, isDegraded, mayReuse };
}

export function failed(result: string): Outcome {
  return { passed: false, result, isDegraded: false, mayReuse: false };
}
