/**
 * Data path. Bytes of an endpoint → response heads. As strict as with requests: an endpoint that
 * cannot be understood is answered for with 502 and its connection is closed.
 */

import { CR, LF } from '#src/bytes/ascii.ts';
import { viewOf } from '#src/bytes/byte-copy.ts';
import { latin1 } from '#src/bytes/latin1.ts';
import { frameResponse } from '#src/http/framing.ts';
import { CONNECTION_CLOSE, CONNECTION_KEEP_ALIVE, readConnection } from '#src/http/hop-by-hop.ts';
import type { ResponseHead } from '#src/http/message.ts';
import { FieldDecoder } from './field-decoder.ts';
import { MAX_HEAD_BYTES } from './limits.ts';
import { LineMemo } from './line-memo.ts';
import { S_FIELD_START, S_LINE_LF, S_START, S_STATUS_LINE } from './states.ts';

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
// The line of nearly every answer, as words of four bytes: `HTTP`, `/1.1`, ` 200`, `0 OK`; the last
// overlaps the one before.
const USUAL_LINE = 'HTTP/1.1 200 OK';
const USUAL_BYTES = USUAL_LINE.length;
const USUAL_WORDS = [0, 4, 8, 11].map((at) => Buffer.from(USUAL_LINE).readInt32LE(at));
const [WORD_0 = 0, WORD_4 = 0, WORD_8 = 0, WORD_11 = 0] = USUAL_WORDS;
const STATUS_START = 9; //  "HTTP/1.1 "
const STATUS_END = 12; //   "HTTP/1.1 200"
const MAX_STATUS_LINE_BYTES = 1024;

/** The lines of the last responses of this thread. */
const memo = new LineMemo();

export class ResponseDecoder extends FieldDecoder {
  #minorVersion = 1;
  #status = 0;
  #reason = '';

  constructor() {
    super(MAX_HEAD_BYTES, memo);
  }

  /** Ready for the next response. */
  reset(): void {
    this.startHead();
  }

  /**
   * Reads the head that starts at bytes[base]. > 0 its length, `head` is filled · 0 need more: call
   * again with the same bytes in front · < 0 malformed. `method` is that of the request it answers.
   */
  decodeHead(bytes: Buffer, base: number, end: number, head: ResponseHead, method: string): number {
    if (this.state < S_FIELD_START) {
      const line = this.#decodeLine(bytes, base, end);
      if (line <= 0) return line;
    }
    const length = this.decodeFields(bytes, base, end, head.fields);
    if (length <= 0) return length;
    head.fields.take(bytes, base, base + length);
    head.status = this.#status;
    head.reason = this.#reason;
    head.minorVersion = this.#minorVersion;
    if (!frameResponse(head, method)) return this.fail('upstream_protocol_error');
    const connection = readConnection(head.fields);
    head.keepAlive =
      (connection & CONNECTION_CLOSE) === 0 &&
      (head.minorVersion === 1 || (connection & CONNECTION_KEEP_ALIVE) !== 0);
    // Some frameworks count a body and then leave it out, as they must; some do not (RFC 9112 §6.3).
    if (head.status === 204 && head.bodyBytes > 0) head.keepAlive = false;
    return length;
  }

  #decodeLine(bytes: Buffer, base: number, end: number): number {
    if (this.state === S_START) {
      if (this.#isUsual(bytes, base, end)) {
        this.state = S_FIELD_START;
        this.at = USUAL_BYTES + 2;
        return 1;
      }
      this.state = S_STATUS_LINE;
    }
    let at = base + this.at;
    if (this.state === S_STATUS_LINE) {
      while (at < end && bytes[at] !== CR) {
        if (bytes[at] === LF) return this.fail('upstream_protocol_error');
        at += 1;
      }
      this.at = at - base;
      if (this.at > MAX_STATUS_LINE_BYTES) return this.fail('upstream_protocol_error');
      if (at === end) return 0;
      if (!this.#readStatusLine(latin1(bytes, base, at))) {
        return this.fail('upstream_protocol_error');
      }
      at += 1;
      this.state = S_LINE_LF;
      this.at = at - base;
    }
    if (at === end) return 0;
    if (bytes[at] !== LF) return this.fail('upstream_protocol_error');
    this.state = S_FIELD_START;
    this.at = at + 1 - base;
    return 1;
  }

  /** The line of nearly every answer, whole, without making a string of it. */
  #isUsual(bytes: Buffer, base: number, end: number): boolean {
    if (end - base < USUAL_BYTES + 2) return false;
    const view = viewOf(bytes);
    if (
      view.getInt32(base, true) !== WORD_0 ||
      view.getInt32(base + 4, true) !== WORD_4 ||
      view.getInt32(base + 8, true) !== WORD_8 ||
      view.getInt32(base + 11, true) !== WORD_11 ||
      bytes[base + USUAL_BYTES] !== CR ||
      bytes[base + USUAL_BYTES + 1] !== LF
    ) {
      return false;
    }
    this.#minorVersion = 1;
    this.#status = 200;
    this.#reason = 'OK';
    return true;
  }

  #readStatusLine(line: string): boolean {
    if (!STATUS_LINE.test(line)) return false;
    this.#minorVersion = line.charCodeAt(7) - 0x30;
    this.#status = Number(line.substring(STATUS_START, STATUS_END));
    this.#reason = line.substring(STATUS_END + 1);
    return true;
  }
}
