/** Data path. What `rewrite` escapes and unescapes in what it makes of captures, as nginx does. */

import { HEX_VALUE } from '#src/bytes/ascii.ts';

/** ngx_escape_uri, NGX_ESCAPE_ARGS: what means something in a query, and all that is no visible ASCII. */
const TO_ESCAPE = /[\0-\x20#%&+;?\x7f-\xff]/g;

/** A decoded text as it may stand in a query. */
export function escapeArgument(text: string): string {
  return text.replace(
    TO_ESCAPE,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

const PERCENT = 0x25;
const QUESTION = 0x3f;
const DELETE = 0x7f;

/**
 * Of a redirect: escapes of visible characters are undone, up to the first "?", escaped or not; those
 * of "%" and what comes before it, and of bytes that are no visible ASCII, stay.
 */
export function unescapeRedirect(text: string): string {
  if (!text.includes('%')) return text;
  const found = text.indexOf('?');
  const end = found < 0 ? text.length : found;
  let plain = '';
  let from = 0;
  for (let at = text.indexOf('%'); at >= 0 && at < end; at = text.indexOf('%', at)) {
    const high = HEX_VALUE[text.charCodeAt(at + 1) & 0xff] as number;
    const low = HEX_VALUE[text.charCodeAt(at + 2) & 0xff] as number;
    const code = high * 16 + low;
    at += 3;
    if (high > 15) {
      // No escape: its "%" is dropped; when the second digit is none, so is all of it.
      plain += text.substring(from, at - 3);
      from = at - 2;
      at = from + 1;
    } else if (low > 15) {
      plain += text.substring(from, at - 3);
      from = at;
    } else if (code > PERCENT && code < DELETE) {
      plain += text.substring(from, at - 3) + String.fromCharCode(code);
      from = at;
      if (code === QUESTION) break;
    }
  }
  return plain + text.substring(from);
}
