/**
 * Data path. The field lines of a head, from S_FIELD_START to S_HEAD_DONE; request and response
 * decoders build on it. Every byte is looked at: strictness costs less than a smuggled request.
 *
 *   base                at (relative)          the bytes of a head lie in one piece; when more are
 *   | method … fields …|                       needed, whoever calls keeps them and calls again
 *
 * Allocates nothing. Whoever calls takes the complete head into `fields`.
 */

import type { FailureCode } from '#src/base/failure.ts';
import {
  BYTE_CLASS,
  COLON,
  CR,
  IS_NAME_ODD,
  IS_TOKEN,
  IS_UNDERSCORE,
  IS_VALUE,
  LF,
  SPACE,
  TAB,
} from '#src/bytes/ascii.ts';
import { viewOf } from '#src/bytes/byte-copy.ts';
import { FAILED, NEED_MORE } from '#src/codecs/codec.ts';
import { lookUpField, lookUpInView } from '#src/http/field-names.ts';
import { type HeaderMap, MARK_DROP, MARK_UNUSUAL, MAX_FIELDS } from '#src/http/header-map.ts';
import type { LineMemo } from './line-memo.ts';
import {
  S_END_LF,
  S_FAILED,
  S_FIELD_LF,
  S_FIELD_NAME,
  S_FIELD_SPACE,
  S_FIELD_START,
  S_FIELD_VALUE,
  S_HEAD_DONE,
  S_START,
} from './states.ts';

const CRLF_BYTES = 2;

/** A field with such a byte in its name may not go on. */
const IS_DROPPABLE = IS_UNDERSCORE | IS_NAME_ODD;

export abstract class FieldDecoder {
  state = S_START;
  failure: FailureCode | undefined = undefined;
  /** Longest head in bytes. */
  maxHeadBytes: number;
  /** Longest field line in bytes, without its CRLF. */
  maxFieldLineBytes: number;
  /** Most fields; at most MAX_FIELDS. */
  maxFields = MAX_FIELDS;
  /** Offset behind the last byte looked at, from the start of the head. */
  protected at = 0;
  /** Start of the token being read. */
  protected mark = 0;
  #nameEnd = 0;
  #nameClasses = 0;

  readonly #memo: LineMemo;

  /** @param memo the lines of the heads before, of all connections of this kind */
  constructor(maxHeadBytes: number, memo: LineMemo) {
    this.#memo = memo;
    this.maxHeadBytes = maxHeadBytes;
    this.maxFieldLineBytes = maxHeadBytes;
  }

  /** Ready for the next head. */
  protected startHead(): void {
    this.state = S_START;
    this.failure = undefined;
    this.at = 0;
    this.mark = 0;
  }

  protected fail(failure: FailureCode): number {
    this.state = S_FAILED;
    this.failure = failure;
    return FAILED;
  }

  /** > 0 length of the complete head · 0 need more · < 0 failed. */
  protected decodeFields(bytes: Buffer, base: number, given: number, fields: HeaderMap): number {
    // What lies behind the longest head is not looked at: in how many pieces a head comes must not
    // decide why it is refused.
    const end = Math.min(given, base + this.maxHeadBytes);
    let at = base + this.at;
    let state = this.state;
    while (at < end) {
      const byte = bytes[at] as number;
      switch (state) {
        case S_FIELD_START:
          if (byte === CR) state = S_END_LF;
          else {
            const usualEnd = this.#takeUsualLines(bytes, base, at, end, fields);
            if (usualEnd > at) {
              at = usualEnd;
              break;
            }
            // RFC 9112 §5.2: a line that starts with a space continues the last one: obs-fold.
            if (byte === SPACE || byte === TAB) return this.fail('field_folded');
            if (byte === LF) return this.fail('line_end_malformed');
            this.mark = at - base;
            this.#nameClasses = 0;
            state = S_FIELD_NAME;
            continue;
          }
          at += 1;
          break;
        case S_FIELD_NAME: {
          const stop = Math.min(end, this.#lineLimit(base));
          let classes = this.#nameClasses;
          let bits = BYTE_CLASS[byte] as number;
          while ((bits & IS_TOKEN) !== 0) {
            classes |= bits;
            at += 1;
            if (at === stop) break;
            bits = BYTE_CLASS[bytes[at] as number] as number;
          }
          this.#nameClasses = classes;
          if (at === end) break;
          if (at === stop) return this.fail('request_head_too_large');
          // §5.1: no whitespace before the colon; an empty name hid later fields (CVE-2023-25725).
          if (bytes[at] !== COLON || at - base === this.mark) {
            return this.fail('field_name_malformed');
          }
          this.#nameEnd = at - base;
          at += 1;
          state = S_FIELD_SPACE;
          break;
        }
        case S_FIELD_SPACE:
          if (at === this.#lineLimit(base)) return this.fail('request_head_too_large');
          if (byte === SPACE || byte === TAB) at += 1;
          else {
            this.#valueStart = at - base;
            state = S_FIELD_VALUE;
          }
          break;
        case S_FIELD_VALUE: {
          const stop = Math.min(end, this.#lineLimit(base));
          at = skipValue(bytes, at, stop);
          if (at === end) break;
          if (at === stop) return this.fail('request_head_too_large');
          if (bytes[at] !== CR) {
            return this.fail(bytes[at] === LF ? 'line_end_malformed' : 'field_value_malformed');
          }
          if (!this.#addField(bytes, base, at, fields)) return this.fail('request_field_count');
          at += 1;
          state = S_FIELD_LF;
          break;
        }
        case S_FIELD_LF:
          if (byte !== LF) return this.fail('line_end_malformed');
          at += 1;
          state = S_FIELD_START;
          break;
        case S_END_LF:
          if (byte !== LF) return this.fail('line_end_malformed');
          this.state = S_HEAD_DONE;
          this.at = at + 1 - base;
          return this.at;
        default:
          return this.fail(this.failure ?? 'internal_error');
      }
    }
    this.state = state;
    this.at = at - base;
    const isInLine = state >= S_FIELD_NAME && state <= S_FIELD_VALUE;
    const isTooLong = this.at >= this.maxHeadBytes || (isInLine && at === this.#lineLimit(base));
    return isTooLong ? this.fail('request_head_too_large') : NEED_MORE;
  }

  /**
   * Complete lines of the form `Name: value␍␊`, as nearly all are, without a stop between states.
   * Returns the start of the first other line, which the states then take byte by byte; so what is
   * refused, and why, is decided there alone.
   */
  #takeUsualLines(
    bytes: Buffer,
    base: number,
    start: number,
    end: number,
    fields: HeaderMap,
  ): number {
    const classes = BYTE_CLASS;
    const view = viewOf(bytes);
    const memo = this.#memo;
    let line = start;
    while (fields.count < this.maxFields) {
      const index = fields.count;
      const same = memo.match(view, line, end, index);
      if (same > 0 && same - CRLF_BYTES <= this.maxFieldLineBytes) {
        const name = line - base;
        const sameEnd = name + memo.nameLength(index);
        fields.add(memo.id(index), name, sameEnd, sameEnd + 2, name + same - CRLF_BYTES);
        line += same;
        continue;
      }
      let at = line;
      let met = 0;
      for (; at < end; at++) {
        const bits = classes[bytes[at] as number] as number;
        if ((bits & IS_TOKEN) === 0) break;
        met |= bits;
      }
      const nameEnd = at;
      if (nameEnd === line || bytes[at] !== COLON || bytes[at + 1] !== SPACE) return line;
      const valueStart = at + 2;
      at = skipLongValue(view, bytes, valueStart, end);
      if (at + 1 >= end || bytes[at] !== CR || bytes[at + 1] !== LF) return line;
      if (at - line > this.maxFieldLineBytes || at === valueStart) return line;
      if (isSpace(bytes[valueStart] as number) || isSpace(bytes[at - 1] as number)) return line;
      const id = lookUpInView(view, line, nameEnd);
      fields.add(id, line - base, nameEnd - base, valueStart - base, at - base);
      const next = at + CRLF_BYTES;
      if ((met & IS_DROPPABLE) === 0) memo.offer(view, line, next, index, id, nameEnd - line);
      else if (this.#drops(met)) fields.mark(index, MARK_DROP);
      line = next;
    }
    return line;
  }

  /** Where the field line at `mark` is too long, whatever stands there; its CR may stand before. */
  #lineLimit(base: number): number {
    return base + this.mark + this.maxFieldLineBytes + 1;
  }

  #valueStart = 0;

  /** The field from `mark` to the CR at `at`; false when there is no room for it. */
  #addField(bytes: Buffer, base: number, at: number, fields: HeaderMap): boolean {
    if (fields.count >= this.maxFields) return false;
    const nameStart = base + this.mark;
    const nameEnd = base + this.#nameEnd;
    let valueEnd = at - base;
    const valueStart = this.#valueStart;
    while (valueEnd > valueStart && isSpace(bytes[base + valueEnd - 1] as number)) valueEnd -= 1;
    const id = lookUpField(bytes, nameStart, nameEnd);
    const index = fields.count;
    fields.add(id, this.mark, this.#nameEnd, valueStart, valueEnd);
    if (valueStart !== this.#nameEnd + 2 || valueEnd !== at - base || bytes[nameEnd + 1] === TAB) {
      fields.mark(index, MARK_UNUSUAL);
    }
    if ((this.#nameClasses & IS_DROPPABLE) !== 0 && this.#drops(this.#nameClasses)) {
      fields.mark(index, MARK_DROP);
    }
    return true;
  }

  /** `underscores_in_headers on`; responses keep theirs. */
  keepsUnderscores = true;
  /** Names with other bytes than letters, digits, `-` and `_`; responses keep theirs. */
  keepsOddNames = true;

  /**
   * nginx's underscores_in_headers off: `X_Forwarded_For` must not pass for `X-Forwarded-For`; and
   * ignore_invalid_headers on, since readers that strip or map `.` and its like are no fewer.
   */
  #drops(classes: number): boolean {
    if ((classes & IS_UNDERSCORE) !== 0 && !this.keepsUnderscores) return true;
    return (classes & IS_NAME_ODD) !== 0 && !this.keepsOddNames;
  }
}

/** So far a value is read byte by byte: most are no longer, and a word costs twice as much as a byte. */
const SHORT_VALUE_BYTES = 16;

/** As `skipValue`, from there on four bytes at a time. */
function skipLongValue(view: DataView, bytes: Buffer, start: number, end: number): number {
  const shortEnd = Math.min(end, start + SHORT_VALUE_BYTES);
  const at = skipValue(bytes, start, shortEnd);
  return at < shortEnd || at === end ? at : skipValue(bytes, skipPlainWords(view, at, end), end);
}

const LOW_BITS = 0x7f7f7f7f;
const HIGH_BITS = 0x80808080 | 0;
/** Added to a byte's low bits: the high bit is set when it is no control byte; when it is DEL. */
const TO_SPACE = 0x60606060;
const TO_DELETE = 0x01010101;
const WORD = 4;

/** Skips words without any control byte (the tab is one); none of their sums carries into the next. */
function skipPlainWords(view: DataView, start: number, end: number): number {
  let at = start;
  for (const last = end - WORD; at <= last; at += WORD) {
    const word = view.getInt32(at, true);
    const low = word & LOW_BITS;
    const plain = ((low + TO_SPACE) & ~(low + TO_DELETE)) | word;
    if ((~plain & HIGH_BITS) !== 0) break;
  }
  return at;
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}

/** Index of the first byte in bytes[at..end) that may not stand in a field value; end if none. */
function skipValue(bytes: Buffer, at: number, end: number): number {
  while (at < end && ((BYTE_CLASS[bytes[at] as number] as number) & IS_VALUE) !== 0) at += 1;
  return at;
}
