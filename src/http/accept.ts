/** Data path. What a client would rather read: proactive negotiation (RFC 9110 §12.5.1). */

/** How well a media range fits a type; a range that fits better decides, whatever its q. */
const FITS_NOT = 0;
const FITS_ALL = 1; //  `*/*`
const FITS_TYPE = 2; // `text/*`
const FITS = 3; //      `text/html`

/** The best fit found for one type, and its weight. */
interface Preference {
  readonly type: string;
  readonly group: string;
  fit: number;
  q: number;
}

/** One element of the list: what stands between commas, but for those within quotes. */
const ELEMENT = /(?:"(?:[^"\\]|\\.)*"|[^",])+/g;
const RANGE = /^[ \t]*([^\s;]+)[ \t]*(?:;|$)/;
const WEIGHT = /;[ \t]*q[ \t]*=[ \t]*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[ \t]*(?:;|$)/i;
/** More than anybody sends; a list that is longer is as good as none. */
const MAX_ACCEPT_LENGTH = 1024;

/**
 * Whether an `Accept` value asks for JSON rather than HTML: by weight, and where both weigh the
 * same by how exactly they are named. Without Accept, and for any type alone, it is HTML.
 */
export function prefersJson(accept: string | undefined): boolean {
  if (accept === undefined || accept.length > MAX_ACCEPT_LENGTH) return false;
  const json: Preference = { type: 'application/json', group: 'application/*', fit: 0, q: 0 };
  const html: Preference = { type: 'text/html', group: 'text/*', fit: 0, q: 0 };
  for (const element of accept.match(ELEMENT) ?? []) {
    const range = RANGE.exec(element)?.[1]?.toLowerCase();
    if (range === undefined) continue;
    const q = Number(WEIGHT.exec(element)?.[1] ?? 1);
    consider(json, range, q);
    consider(html, range, q);
  }
  if (json.q !== html.q) return json.q > html.q;
  return json.q > 0 && json.fit > html.fit;
}

function consider(preference: Preference, range: string, q: number): void {
  const { group, type } = preference;
  const fit =
    range === type ? FITS : range === group ? FITS_TYPE : range === '*/*' ? FITS_ALL : FITS_NOT;
  if (fit === FITS_NOT || fit < preference.fit) return;
  preference.q = fit === preference.fit ? Math.max(q, preference.q) : q;
  preference.fit = fit;
}
