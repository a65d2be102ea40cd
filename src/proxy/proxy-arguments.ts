/** The words of `proxy_pass` and of the directives around it. */
import type { Exchange } from '#src/exchange/exchange.ts';
import { compileWord, reportInvalid } from '#src/schema/arguments.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { reportNotBuilt } from '#src/schema/not-built.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';

/** A `proxy_pass` line; whether its host is an upstream is known when all blocks are read. */
export interface ProxyPassArgument {
  readonly word: Word;
  /** `host`, `host:port`, `[v6]:port`, `unix:/path`: what names the upstream. */
  readonly authority: string;
  /** From the first `/` after the authority on; undefined when there is none. */
  readonly uri: string | undefined;
}

/** Reads a `proxy_pass` line; undefined after reporting what is wrong with it. */
export function parseProxyPass(
  words: readonly Word[],
  context: ParseContext,
): ProxyPassArgument | undefined {
  const [word] = words;
  if (word === undefined) return undefined;
  const { text } = word;
  if (text.includes('$')) return reportNotBuilt('"proxy_pass" with variables', word, context);
  if (/^https:\/\//i.test(text)) return reportNotBuilt('"proxy_pass https://"', word, context);
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
  return { word, authority, uri: uri === '' ? undefined : uri };
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
  if (FRAMING_FIELDS.has(name.text.toLowerCase())) {
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

/** Reads `proxy_http_version`; undefined after reporting one that is not built. */
export function parseHttpVersion(words: readonly Word[], context: ParseContext): '1.1' | undefined {
  const [word] = words;
  if (word === undefined) return undefined;
  if (word.text === '1.1') return '1.1';
  if (word.text === '1.0' || word.text === '2') {
    return reportNotBuilt(`"proxy_http_version ${word.text}"`, word, context);
  }
  return reportInvalid(context, word, 'version', 'it must be 1.1');
}

/** Reads `on | off` of buffering: false either way, as this version streams; `on` is noted. */
export function parseBuffering(words: readonly Word[], context: ParseContext): false | undefined {
  const [word] = words;
  if (word === undefined) return undefined;
  if (word.text === 'off') return false;
  if (word.text !== 'on') {
    return reportInvalid(context, word, 'value', 'it must be "on" or "off"');
  }
  const message = `"${context.node.name} on" has no effect in this version of Weir: bodies are streamed`;
  context.problems.notice(placeOfWord(context.node, word), message);
  return false;
}
