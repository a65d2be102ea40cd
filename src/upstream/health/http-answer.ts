/** The answer to an HTTP check: our own decoders, so as strict as with answers that clients get. */
import { Carry } from '#src/bytes/carry.ts';
import { latin1 } from '#src/bytes/latin1.ts';
import { type BodySink, FAILED } from '#src/codecs/codec.ts';
import { BodyDecoder } from '#src/codecs/h1/body-decoder.ts';
import { ResponseDecoder } from '#src/codecs/h1/response-decoder.ts';
import { BODY_UNTIL_CLOSE, ResponseHead } from '#src/http/message.ts';
import { EXAMINED_BODY_BYTES } from './check-config.ts';
import type { MatchTest } from './match-test.ts';
import { type AnswerReader, failed, type Outcome, passed } from './outcome.ts';

/** All bytes of one check, interim answers and the framing of chunks among them. */
export const MAX_ANSWER_BYTES = 4 * EXAMINED_BODY_BYTES;

const SWITCHING_PROTOCOLS = 101;
const FIRST_FINAL_STATUS = 200;

export class HttpAnswer implements AnswerReader, BodySink {
  readonly #match: MatchTest;
  /** The body is read to its end, so that the connection can be used again. */
  readonly #keepsAlive: boolean;
  readonly #decoder = new ResponseDecoder();
  readonly #head = new ResponseHead();
  readonly #bodyDecoder = new BodyDecoder();
  /** What waits for the rest of the head; then the body, as much as is looked at. */
  #carry = new Carry(0);
  #hasHead = false;
  #bodyBytes = 0;
  #takenBytes = 0;

  constructor(match: MatchTest, keepsAlive: boolean) {
    this.#match = match;
    this.#keepsAlive = keepsAlive;
  }

  get isUntouched(): boolean {
    return this.#takenBytes === 0;
  }

  take(bytes: Buffer): Outcome | undefined {
    this.#takenBytes += bytes.length;
    if (this.#takenBytes > MAX_ANSWER_BYTES) return failed('answer is too long');
    if (this.#hasHead) return this.#takeBody(bytes, 0, bytes.length);
    this.#carry.append(bytes, 0, bytes.length);
    return this.#takeHead();
  }

  end(): Outcome {
    if (this.#hasHead && this.#head.framing === BODY_UNTIL_CLOSE) return this.#judgeBody(false);
    return failed(
      this.isUntouched ? 'connection was closed without an answer' : 'answer was cut short',
    );
  }

  /** BodySink. */
  onBody(bytes: Buffer, start: number, end: number): void {
    this.#bodyBytes += end - start;
    const room = EXAMINED_BODY_BYTES - this.#carry.length;
    if (this.#match.needsBody && room > 0) {
      this.#carry.append(bytes, start, Math.min(end, start + room));
    }
  }

  #takeHead(): Outcome | undefined {
    const { bytes, length } = this.#carry;
    let at = 0;
    do {
      const used = this.#decoder.decodeHead(bytes, at, length, this.#head, 'GET');
      if (used < 0) return failed(`answer is malformed (${this.#decoder.failure})`);
      if (used === 0) {
        this.#carry.consume(at);
        return undefined;
      }
      at += used;
      this.#hasHead = isFinal(this.#head.status);
      if (!this.#hasHead) {
        this.#decoder.reset();
        this.#head.reset();
      }
    } while (!this.#hasHead);
    const problem = this.#match.headProblem(this.#head);
    if (problem !== undefined) return failed(problem);
    if (!this.#match.needsBody && !this.#keepsAlive) return this.#good(false);
    this.#bodyDecoder.start(this.#head.framing, this.#head.bodyBytes);
    this.#carry = new Carry(0);
    return this.#takeBody(bytes, at, length);
  }

  #takeBody(bytes: Buffer, start: number, end: number): Outcome | undefined {
    const decoder = this.#bodyDecoder;
    const used = decoder.isDone ? 0 : decoder.decode(bytes, start, end, this);
    if (used === FAILED) return failed(`body is malformed (${decoder.failure})`);
    if (decoder.isDone) return this.#judgeBody(this.#head.keepAlive && start + used === end);
    return this.#bodyBytes >= EXAMINED_BODY_BYTES ? this.#judgeBody(false) : undefined;
  }

  #judgeBody(mayReuse: boolean): Outcome {
    if (!this.#match.needsBody) return this.#good(mayReuse);
    const { bytes, length } = this.#carry;
    const body = latin1(bytes, 0, length);
    const problem = this.#match.bodyProblem(body);
    return problem === undefined ? this.#good(mayReuse, body) : failed(problem);
  }

  #good(mayReuse: boolean, body = ''): Outcome {
    const isDegraded = this.#match.isDegraded(this.#head, body);
    const result = `status ${this.#head.status}${isDegraded ? ', degraded' : ''}`;
    return passed(result, mayReuse && this.#keepsAlive, isDegraded);
  }
}

/** Interim answers come before the one that counts (RFC 9110 §15.2). */
function isFinal(status: number): boolean {
  return status >= FIRST_FINAL_STATUS || status === SWITCHING_PROTOCOLS;
}
