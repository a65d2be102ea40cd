/** The words of `proxy_pass` and of the directives around it. */
import type { Exchange } from '#src/exchange/exchange.ts';
import { compileWord, parseInteger, parseSizeWord, reportInvalid } from '#src/schema/arguments.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { reportNotBuilt } from '#src/schema/not-built.ts';
import type { Word } from '#src/schema/tree.ts';

/** A `proxy_pass` line; whether its host is an upstream is known when all blocks are read. */
export interface ProxyPassArgument {
  readonly word: Word;
  /** `host`, `host:port`, `[v6]:port`, `unix:/path`: what names the upstream. */
  readonly authority: string;
  /** From the first `/` after the authority on; undefined when there is none. */
  readonly uri: string | undefined;
  /** The whole of it when it holds variables; then there is neither authority nor URI yet. */
  readonly url: ComplexValue<Exchange> | undefined;
}

/** Reads a `proxy_pass` line; undefined after reporting what is wrong with it. */
export function parseProxyPass(
  words: readonly Word[],
  context: ParseContext,
): ProxyPassArgument | undefined {
  const [word] = words;
  if (word === undefined) return undefined;
  const { text } = word;
  if (/^https:\/\//i.test(text)) return reportNotBuilt('"proxy_pass https://"', word, context);
  if (text.includes('$')) return parsePassWithVariables(word, context);
  if (!/^http:\/\//i.test(text)) {
    const advice = /^[a-z]+:\/\//i.test(text) ? 'write http://' : `did you mean "http://${text}"?`;
    return reportInvalid(context, word, 'URL prefix', advice);
  }
  // The URI goes into the request line: a blank or line break would end it early.
  if (/[\x00-\x20\x7f]/.test(text)) {
    return reportInvalid(context, word, 'URL', 'it holds a blank or a control character');
  }
  const target = text.slice('http://'.length);
  // In `unix:/path:/uri` the second colon ends the path (nginx: ngx_parse_unix_domain_url).
  const isUnix = target.startsWith('unix:');
  const end = isUnix ? target.indexOf(':', 'unix:'.length) : target.search(/[/?#]/);
  const authority = end < 0 ? target : target.slice(0, end);
  const rest = end < 0 ? '' : target.slice(isUnix ? end + 1 : end);
  if (authority === '' || authority === 'unix:') {
    return reportInvalid(context, word, 'URL', 'there is no host after "http://"');
  }
  // nginx: `http://host?x` means `http://host/?x`.
  const uri = rest.startsWith('?') ? `/${rest}` : rest;
  return { word, authority, uri: uri === '' ? undefined : uri, url: undefined };
}

/** Nothing is known of it but what stands before the first variable. */
function parsePassWithVariables(word: Word, context: ParseContext): ProxyPassArgument | undefined {
  const fixed = word.text.slice(0, word.text.indexOf('$')).toLowerCase();
  const prefix = 'http://';
  if (!fixed.startsWith(prefix) && !prefix.startsWith(fixed)) {
    return reportInvalid(context, word, 'URL prefix', 'write http://');
  }
  const url = compileWord<Exchange>(word, context);
  return url && { word, authority: '', uri: undefined, url };
}

/** A field name is a token (RFC 9110 §5.6.2). */
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Who could set these could make two parties disagree on where a message ends (RFC 9112 §11.2). */
const FRAMING_FIELDS = new Set(['content-length', 'transfer-encoding']);

/** Reads a `proxy_set_header` line; undefined after reporting what is wrong with it. */
export function parseSetHeader(
  words: readonly Word[],
  context: ParseContext,
): readonly [name: string, value: ComplexValue<Exchange>] | undefined {
  const [name, text] = words;
  if (name === undefined || text === undefined) return undefined;
  if (!FIELD_NAME.test(name.text)) return reportInvalid(context, name, 'field name');
  // Empty it has no effect: the field is never the client's, but written for what is sent.
  if (text.text !== '' && FRAMING_FIELDS.has(name.text.toLowerCase())) {
    const advice = 'it decides where a message ends, so Weir writes it itself';
    return reportInvalid(context, name, 'field', advice);
  }
  const value = compileWord<Exchange>(text, context);
  if (value === undefined) return undefined;
  // RFC 9110 §5.5: a line break in a value would begin another field.
  if (/[\r\n\0]/.test(text.text)) {
    return reportInvalid(context, text, 'field value', 'it holds a line break or a zero byte');
  }
  return [name.text, value];
}

/** Two of nginx's least: one to read into while the other one waits. */
const MIN_BUFFERS = 2;

/** Memory in which an answer collects. */
export interface ProxyBuffers {
  readonly count: number;
  readonly bytes: number;
}

/** Reads `proxy_buffers number size`; undefined after reporting what is wrong with it. */
export function parseBuffers(
  [first, second]: readonly Word[],
  context: ParseContext,
): ProxyBuffers | undefined {
  if (first === undefined || second === undefined) return undefined;
  const count = parseInteger(first, context, { min: MIN_BUFFERS, max: 65_536 });
  const bytes = parseSizeWord(second, context, { min: '256', max: '16m' });
  return count === undefined || bytes === undefined ? undefined : { count, bytes };
}

/** Reads `proxy_http_version`; undefined after reporting one that is not built. */
export function parseHttpVersion(
  [word]: readonly Word[],
  context: ParseContext,
): '1.0' | '1.1' | undefined {
  if (word === undefined) return undefined;
  if (word.text === '1.0' || word.text === '1.1') return word.text;
  if (word.text === '2') return reportNotBuilt('"proxy_http_version 2"', word, context);
  return reportInvalid(context, word, 'version', 'it must be 1.0 or 1.1');
}

/** Reads the conditions of `early_hints`; undefined after reporting an unknown `$name`. */
export function parseEarlyHints(
  words: readonly Word[],
  context: ParseContext,
): readonly ComplexValue<Exchange>[] | undefined {
  const values = words.map((word) => compileWord<Exchange>(word, context));
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length ? known : undefined;
}

/** RFC 9110 §7.8: protocol-name ["/" protocol-version], both tokens. */
const PROTOCOL = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(\/[!#$%&'*+.^_`|~0-9A-Za-z-]+)?$/;

/** Reads `proxy_upgrade off | protocol …`: in lower case, none when off. */
export function parseUpgrades(
  words: readonly Word[],
  context: ParseContext,
): readonly string[] | undefined {
  const [first, second] = words;
  if (first?.text === 'off' && second === undefined) return [];
  for (const word of words) {
    const text = word.text.toLowerCase();
    if (text === 'h2c' || text.startsWith('h2c/') || text === 'tls' || text.startsWith('tls/')) {
      const advice = 'requests inside it would pass unseen; clients may speak HTTP/1.1';
      return reportInvalid(context, word, 'protocol', advice);
    }
    if (text === 'off' || !PROTOCOL.test(text)) {
      const advice = 'write "off" or names of protocols such as websocket';
      return reportInvalid(context, word, 'protocol', advice);
    }
  }
  return words.map(({ text }) => text.toLowerCase());
}

/** A pseudonym of RFC 9110 §7.6.3 is a token; its length is paid with every request. */
const PSEUDONYM = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;

/** Reads `via on | off | name`. */
export function parseVia([word]: readonly Word[], context: ParseContext): string | undefined {
  if (word === undefined) return undefined;
  if (PSEUDONYM.test(word.text)) return word.text;
  const advice = 'write "on", "off" or a name of letters, digits, ".", "_" and "-"';
  return reportInvalid(context, word, 'name', advice);
}
