/** Data path. What a location changes in the `Set-Cookie` fields of an endpoint's answer. */

import type { Exchange } from '#src/exchange/exchange.ts';
import { F_SET_COOKIE } from '#src/http/field-names.ts';
import { isClean } from './clean-value.ts';
import type { ProxySettings } from './directives.ts';
import { rewriteDomain, rewritePrefix } from './rewriting.ts';
import {
  type CookieFlags,
  type CookieFlagsArgument,
  flagsOf,
  type Rewrite,
} from './rewriting-arguments.ts';

/** `Name=value` or a flag: then `value` is undefined. */
interface Attribute {
  readonly name: string;
  value: string | undefined;
}

type FlagRule = Exclude<CookieFlagsArgument, 'off'>;

/** The rules of a location; undefined when it has none. */
export function cookieRules(proxy: ProxySettings): CookieRules | undefined {
  const domains = unlessOff(proxy.cookieDomains);
  const paths = unlessOff(proxy.cookiePaths);
  const flags = unlessOff(proxy.cookieFlags);
  if (domains.length + paths.length + flags.length === 0) return undefined;
  return new CookieRules(domains, paths, flags);
}

/** `off` cancels whatever else its level has. */
export function unlessOff<T extends object>(
  rules: readonly (T | 'off' | 'default')[],
): readonly T[] {
  if (rules.includes('off')) return [];
  return rules.filter((rule) => typeof rule === 'object');
}

export class CookieRules {
  readonly #domains: readonly Rewrite[];
  readonly #paths: readonly Rewrite[];
  readonly #flags: readonly FlagRule[];

  constructor(domains: readonly Rewrite[], paths: readonly Rewrite[], flags: readonly FlagRule[]) {
    this.#domains = domains;
    this.#paths = paths;
    this.#flags = flags;
  }

  /** There is at least one `Set-Cookie`. */
  apply(exchange: Exchange): void {
    const { fields } = exchange.response;
    for (let index = fields.find(F_SET_COOKIE); index < fields.count; index++) {
      if (fields.idAt(index) !== F_SET_COOKIE) continue;
      const rewritten = this.#rewrite(exchange, fields.valueAt(index));
      if (rewritten !== undefined && isClean(rewritten)) fields.setValue(index, rewritten);
    }
  }

  /** Undefined: nothing fits, and the field stays byte for byte. */
  #rewrite(exchange: Exchange, text: string): string | undefined {
    const [cookie, ...attributes] = text.split(';').map((part) => toAttribute(part));
    if (cookie?.value === undefined) return undefined; // not a cookie: nginx leaves it alone
    const isMoved = this.#move(exchange, attributes);
    const flags = this.#flagsOf(exchange, cookie.name);
    if (!isMoved && flags === undefined) return undefined;
    const all = flags === undefined ? attributes : withFlags(attributes, flags);
    return [cookie, ...all].map(toText).join('; ');
  }

  /** Whether a domain or path was rewritten. */
  #move(exchange: Exchange, attributes: readonly Attribute[]): boolean {
    let isMoved = false;
    for (const attribute of attributes) {
      if (attribute.value === undefined) continue;
      const name = attribute.name.toLowerCase();
      let value: string | undefined;
      if (name === 'domain') value = rewriteDomain(exchange, attribute.value, this.#domains);
      else if (name === 'path') value = rewritePrefix(exchange, attribute.value, this.#paths);
      if (value === undefined) continue;
      attribute.value = value;
      isMoved = true;
    }
    return isMoved;
  }

  #flagsOf(exchange: Exchange, cookieName: string): CookieFlags | undefined {
    const lower = cookieName.toLowerCase();
    const rule = this.#flags.find(({ cookie, regex }) => {
      if (regex !== undefined) {
        const captures = regex.exec(cookieName);
        if (captures !== undefined) regex.keep(exchange, captures);
        return captures !== undefined;
      }
      return (cookie.constant ?? cookie.evaluate(exchange)).toLowerCase() === lower;
    });
    if (rule === undefined) return undefined;
    return (
      rule.fixed ?? flagsOf(rule.flags.map((flag) => flag.constant ?? flag.evaluate(exchange)))
    );
  }
}

function toAttribute(text: string): Attribute {
  const equals = text.indexOf('=');
  if (equals < 0) return { name: trim(text), value: undefined };
  return { name: trim(text.substring(0, equals)), value: trim(text.substring(equals + 1)) };
}

function trim(text: string): string {
  return text.replace(/^ +| +$/g, '');
}

function toText({ name, value }: Attribute): string {
  return value === undefined ? name : `${name}=${value}`;
}

/** Those that are there keep their place; those to be set that are not come last. */
function withFlags(
  attributes: readonly Attribute[],
  { httpOnly, sameSite, secure }: CookieFlags,
): Attribute[] {
  const kept: Attribute[] = [];
  const missing = new Map<string, Attribute>();
  if (secure === true) missing.set('secure', { name: 'Secure', value: undefined });
  if (httpOnly === true) missing.set('httponly', { name: 'HttpOnly', value: undefined });
  if (sameSite) missing.set('samesite', { name: 'SameSite', value: sameSite });
  for (const attribute of attributes) {
    const name = attribute.name.toLowerCase();
    if (name === 'secure' && secure === false) continue;
    if (name === 'httponly' && httpOnly === false) continue;
    if (name === 'samesite' && sameSite === '') continue;
    kept.push(name === 'samesite' ? (missing.get(name) ?? attribute) : attribute);
    missing.delete(name);
  }
  return [...kept, ...missing.values()];
}
