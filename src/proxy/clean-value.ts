/** Data path. What may stand in the value of a field. */

const TAB = 0x09;
const SPACE = 0x20;
const DELETE = 0x7f;

/** A value with a control byte would split the head (H1-14): `$uri` holds decoded bytes. */
export function isClean(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code < SPACE && code !== TAB) || code === DELETE) return false;
  }
  return true;
}
