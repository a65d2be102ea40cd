/** Data path. What `rewrite` escapes and unescapes in what it makes of captures, as nginx does. */

import { HEX_VALUE } from '#src/bytes/ascii.ts';

/** ngx_escape_uri, NGX_ESCAPE_ARGS: what means something in a query, and all that is no visible ASCII. */
const TO_ESCAPE = /[\0-\x20"#%&+;<>?\\^`{|}\x7f-\xff]/g;

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
 * of "%" and what comes before it, and of bytes that are no visible ASCII, stay. Broken ones are dropped.
 */
export function unescapeRedirect(text: string): string {
  if (!text.includes('%')) return text;
  let plain = '';
  let at = 0;
  while (at < text.length && text.charCodeAt(at) !== QUESTION) {
    if (text.charCodeAt(at) !== PERCENT) {
      plain += text.charAt(at);
      at += 1;
      continue;
    }
    const high = HEX_VALUE[text.charCodeAt(at + 1) & 0xff] as number;
    const low = HEX_VALUE[text.charCodeAt(at + 2) & 0xff] as number;
    if (high > 15) {
      plain += text.charAt(at + 1); // no escape: its "%" is dropped, and a "?" behind it ends nothing
      at += 2;
      continue;
    }
    const code = high * 16 + low;
    const isShown = code > PERCENT && code < DELETE;
    // When the second digit is none, all of it is dropped.
    if (low <= 15) plain += isShown ? String.fromCharCode(code) : text.substring(at, at + 3);
    at += 3;
    if (low <= 15 && code === QUESTION) break;
  }
  return plain + text.substring(at);
}
