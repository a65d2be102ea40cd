/** Data path. The cookies that a client sends (RFC 6265 §5.4). */

import { fieldReader } from './fields.ts';
import type { VariableReader } from './variable.ts';

const readCookies = fieldReader('cookie', '; ');

/** The first cookie of that name, lower case; names are compared without case, as nginx does. */
export function cookieReader(name: string): VariableReader {
  const length = name.length;
  return ({ request }) => {
    const cookies = readCookies(request.fields);
    if (cookies === undefined) return undefined;
    for (let at = 0; at < cookies.length; ) {
      while (cookies[at] === ' ' || cookies[at] === '\t') at++;
      const next = cookies.indexOf(';', at);
      const end = next < 0 ? cookies.length : next;
      if (cookies[at + length] === '=' && startsWith(cookies, at, name)) {
        return cookies.substring(at + length + 1, end).trim();
      }
      at = end + 1;
    }
    return undefined;
  };
}

/** Whether a lower-case name stands there, in any case. */
export function startsWith(text: string, at: number, lowerName: string): boolean {
  for (let i = 0; i < lowerName.length; i++) {
    const code = text.charCodeAt(at + i);
    const lower = code >= 0x41 && code <= 0x5a ? code + 32 : code;
    if (lower !== lowerName.charCodeAt(i)) return false;
  }
  return true;
}
