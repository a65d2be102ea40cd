/** Data path. How values are made safe in a log line, exactly as nginx does it. */
import type { LogEscape } from '#src/exchange/log-arguments.ts';

/** Given a value (undefined when there is none), what the line shows. */
export type Escape = (value: string | undefined) => string;

/** `escape=default`: `-` without a value; `"`, `\` and all but printable ASCII as `\xXX`. */
export function escapeDefault(value: string | undefined): string {
  if (value === undefined) return '-';
  return NOT_PLAIN.test(value) ? value.replace(EACH_NOT_PLAIN, hexByte) : value;
}

/** `escape=json`: safe inside a JSON string. Bytes above 0x7f stay, as in nginx. */
export function escapeJson(value: string | undefined): string {
  if (value === undefined) return '';
  return NOT_JSON.test(value) ? value.replace(EACH_NOT_JSON, jsonChar) : value;
}

/** `escape=none`: as it is. */
export function escapeNone(value: string | undefined): string {
  return value ?? '';
}

// Values hold one char per byte, so a char code is a byte.
const NOT_PLAIN = /[^ !#-[\]-~]/;
const EACH_NOT_PLAIN = /[^ !#-[\]-~]/g;
const NOT_JSON = /["\\\x00-\x1f]/;
const EACH_NOT_JSON = /["\\\x00-\x1f]/g;

function hexByte(char: string): string {
  return `\\x${(char.charCodeAt(0) & 0xff).toString(16).toUpperCase().padStart(2, '0')}`;
}

const JSON_SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
};

function jsonChar(char: string): string {
  const code = char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return JSON_SHORT[char] ?? `\\u${code}`;
}

/** A way of escaping as a log format uses it. */
export interface LineEscape {
  /** Made safe one char at a time: parts of a value may be escaped one after the other. */
  readonly escape: Escape;
  /** Per byte: 1 when `escape` makes something else of it, 0 when it stays. */
  readonly changes: Uint8Array;
}

function lineEscape(escape: Escape): LineEscape {
  const changes = new Uint8Array(256);
  for (let byte = 0; byte < changes.length; byte++) {
    const char = String.fromCharCode(byte);
    changes[byte] = escape(char) === char ? 0 : 1;
  }
  return { escape, changes };
}

/** What the words of `log_format … escape=` mean. */
export const LINE_ESCAPES: Readonly<Record<LogEscape, LineEscape>> = {
  default: lineEscape(escapeDefault),
  json: lineEscape(escapeJson),
  none: lineEscape(escapeNone),
};
