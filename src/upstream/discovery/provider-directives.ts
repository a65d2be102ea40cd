/** `provider`: where an upstream learns its servers, other than from `server` lines and DNS. */
import { isAbsolute } from 'node:path';
import { custom, parseSizeWord, parseTimeWord, reportInvalid } from '#src/schema/arguments.ts';
import { directives, type ParseContext } from '#src/schema/directive.ts';
import { placeOf } from '#src/schema/problem.ts';
import type { Word } from '#src/schema/tree.ts';
import type { ProviderConfig } from '#src/upstream/endpoint/source-config.ts';

/** A file costs a look, a URL a request. */
const FILE_INTERVAL_MS = 1_000;
const HTTP_INTERVAL_MS = 5_000;
const HTTP_TIMEOUT_MS = 2_000;
const HTTP_MAX_BYTES = 1024 * 1024;

const FILE = 'file:';

interface Limits {
  intervalMs: number;
  timeoutMs: number;
  maxBytes: number;
}

/** `provider` in `upstream`. */
export const providerDirectives = directives({
  providers: {
    name: 'provider',
    contexts: ['upstream'],
    argument: custom({
      usage:
        'file:pattern [interval=time] | http://… [interval=time] [timeout=time] [max_size=size]',
      minWords: 1,
      maxWords: 4,
      parse: parseProvider,
    }),
    repeat: true,
    inherit: false,
    doc: 'Weir only. Servers of the upstream that are learned while it runs: from the files of a pattern, looked at every `interval` (1s), or from a URL that is asked every `interval` (5s) with `If-None-Match`, within `timeout` (2s) and `max_size` (1m). What they hold is a JSON list, or a line for each server, as behind `server`. Entries that mean nothing are named in the error log and left out. What cannot be had or read, and a list without servers, leaves all as it was. In weir.config.ts also a function that gives lists one after the other (`async function*`). See docs/discovery.md.',
  },
});

function parseProvider(
  [what, ...parameters]: readonly Word[],
  context: ParseContext,
): ProviderConfig | undefined {
  if (what === undefined) return undefined;
  const { text } = what;
  const place = placeOf(context.node);
  const ref = context.tools.functionAt?.(text);
  if (ref !== undefined) {
    const [first] = parameters;
    if (first !== undefined)
      return reportInvalid(context, first, 'parameter', 'a function has none');
    return { kind: 'function', ref, place };
  }
  if (text.startsWith(FILE) && text.length > FILE.length) {
    const limits = readLimits(parameters, ['interval'], FILE_INTERVAL_MS, context);
    const path = text.slice(FILE.length);
    const pattern = isAbsolute(path) ? path : context.tools.resolvePath(path);
    return limits && { kind: 'file', pattern, intervalMs: limits.intervalMs, place };
  }
  if (!/^https?:\/\//i.test(text)) {
    const advice = 'write file:pattern, http://… or https://…, or in weir.config.ts a function';
    return reportInvalid(context, what, 'provider', advice);
  }
  if (!URL.canParse(text)) return reportInvalid(context, what, 'URL');
  const known = ['interval', 'timeout', 'max_size'];
  const limits = readLimits(parameters, known, HTTP_INTERVAL_MS, context);
  return limits && { kind: 'http', url: new URL(text).href, ...limits, place };
}

/** Undefined after reporting what is wrong. */
function readLimits(
  parameters: readonly Word[],
  known: readonly string[],
  intervalMs: number,
  context: ParseContext,
): Limits | undefined {
  const limits = { intervalMs, timeoutMs: HTTP_TIMEOUT_MS, maxBytes: HTTP_MAX_BYTES };
  let isGood = true;
  for (const word of parameters) {
    const equals = word.text.indexOf('=');
    const name = word.text.slice(0, Math.max(0, equals));
    const value = { ...word, text: word.text.slice(equals + 1) };
    if (!known.includes(name)) {
      const advice = `known are ${known.map((one) => `${one}=`).join(', ')}`;
      reportInvalid(context, word, 'parameter', advice);
      isGood = false;
      continue;
    }
    const least = { min: name === 'max_size' ? '1' : '100ms' };
    const read =
      name === 'max_size'
        ? parseSizeWord(value, context, least)
        : parseTimeWord(value, context, least);
    if (read === undefined) isGood = false;
    else limits[FIELDS[name] ?? 'intervalMs'] = read;
  }
  return isGood ? limits : undefined;
}

const FIELDS: Readonly<Record<string, keyof Limits>> = {
  interval: 'intervalMs',
  timeout: 'timeoutMs',
  max_size: 'maxBytes',
};
