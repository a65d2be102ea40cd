/**
 * Data path. `sticky` of one upstream on the side of clients: what a request brings that tells its
 * endpoint, and the cookie that tells it from then on. Exchanges of other upstreams never come here.
 */

import type { Exchange } from '#src/exchange/exchange.ts';
import { MAX_FIELDS } from '#src/http/header-map.ts';
import type {
  StickyConfig,
  StickyCookie,
  StickyText,
} from '#src/upstream/endpoint/sticky-config.ts';
import { cookieReader } from '#src/variables/cookies.ts';
import type { VariableReader } from '#src/variables/variable.ts';

/** As nginx writes it. */
const FOR_EVER = '; expires=Thu, 31-Dec-37 23:55:55 GMT; max-age=315360000';
const SAME_SITE = /^(strict|lax|none)$/i;
/** An attribute with anything else would end it, or the field. */
const ATTRIBUTE = /^[\x20-\x3a\x3c-\x7e]+$/;
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

const sessions = new WeakMap<StickyConfig, StickySession>();

/** The one of this configuration, made when first asked for. */
export function stickySessionOf(config: StickyConfig): StickySession {
  const known = sessions.get(config);
  if (known !== undefined) return known;
  const made = new StickySession(config);
  sessions.set(config, made);
  return made;
}

export class StickySession {
  readonly #config: StickyConfig;
  readonly #readCookie: VariableReader | undefined;

  constructor(config: StickyConfig) {
    this.#config = config;
    const { cookie } = config;
    this.#readCookie = cookie === null ? undefined : cookieReader(cookie.name.toLowerCase());
  }

  /** What the request brings that tells its endpoint; '' when nothing does. */
  broughtBy(exchange: Exchange): string {
    if (this.#readCookie !== undefined) return this.#readCookie(exchange) ?? '';
    return firstOf(this.#config.lookup, exchange);
  }

  /** `learn`: the session that the answer begins; '' when it begins none. */
  begunBy(exchange: Exchange): string {
    return firstOf(this.#config.create, exchange);
  }

  /** Adds the cookie to an answer, in the form that nginx gives it. A head that is full gets none. */
  addCookie(exchange: Exchange, id: string, nowMs: number): void {
    const { cookie } = this.#config;
    const { fields } = exchange.response;
    if (cookie === null || fields.count === MAX_FIELDS) return;
    // Id 0: it goes on, also where the endpoint's own cookies do not.
    fields.append(0, 'Set-Cookie', `${cookie.name}=${id}${attributes(cookie, exchange, nowMs)}`);
  }
}

function firstOf(texts: readonly StickyText[], exchange: Exchange): string {
  for (let at = 0; at < texts.length; at++) {
    const text = texts[at]?.value?.evaluate(exchange) ?? '';
    if (text !== '') return text;
  }
  return '';
}

function attributes(cookie: StickyCookie, exchange: Exchange, nowMs: number): string {
  const domain = cookie.domain?.value?.evaluate(exchange) ?? '';
  const wished = cookie.sameSite?.value?.evaluate(exchange) ?? '';
  const sameSite = wished === '' || SAME_SITE.test(wished) ? wished : 'strict'; // as nginx
  return [
    expiry(cookie.expires, nowMs),
    ATTRIBUTE.test(domain) ? `; domain=${domain}` : '',
    cookie.httpOnly ? '; httponly' : '',
    cookie.secure ? '; secure' : '',
    sameSite === '' ? '' : `; samesite=${sameSite}`,
    cookie.path === '' ? '' : `; path=${cookie.path}`,
  ].join('');
}

function expiry(expires: StickyCookie['expires'], nowMs: number): string {
  if (expires === null) return '';
  if (expires === 'max') return FOR_EVER;
  return `; expires=${cookieTime(nowMs + expires * 1000)}; max-age=${expires}`;
}

/** `Thu, 18-Nov-10 11:27:35 GMT`; years after 2037 with four digits. */
function cookieTime(ms: number): string {
  const at = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  const year = at.getUTCFullYear();
  const date = `${two(at.getUTCDate())}-${MONTHS[at.getUTCMonth()]}-${year > 2037 ? year : two(year % 100)}`;
  const time = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(two).join(':');
  return `${DAYS[at.getUTCDay()]}, ${date} ${time} GMT`;
}
