/** `syslog:server=…,facility=…,severity=…,tag=…,nohostname`: one word of `access_log` or `error_log`. */
import type { Address } from '#src/base/address.ts';
import { reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { didYouMean } from '#src/schema/suggestion.ts';
import type { Word } from '#src/schema/tree.ts';
import { hostNameOf, resolveAddresses } from '#src/upstream/resolve-address.ts';

/** Where messages of RFC 3164 go, and what each says of itself. Plain data: it goes to threads. */
export interface SyslogTarget {
  /** An IP address; '' for a path. */
  readonly host: string;
  readonly port: number;
  /** Of a unix socket for datagrams; absent for UDP. */
  readonly path?: string;
  /** 0 to 23. */
  readonly facility: number;
  /** 0 (emerg) to 7 (debug): of access logs. Lines of error logs have their own. */
  readonly severity: number;
  readonly tag: string;
  readonly hasHostname: boolean;
}

const SYSLOG = 'syslog:';
const DEFAULT_PORT = 514;
/** nginx says `nginx` here. */
const DEFAULT_TAG = 'weir';
/** RFC 3164 §4.1.3. */
const MAX_TAG_LENGTH = 32;

/** RFC 3164 §4.1.1, by nginx's names; the index is the code. */
const FACILITIES = (
  'kern user mail daemon auth intern lpr news uucp clock authpriv ftp ntp audit alert cron ' +
  'local0 local1 local2 local3 local4 local5 local6 local7'
).split(' ');
const SEVERITIES = 'emerg alert crit error warn notice info debug'.split(' ');

interface Draft {
  host: string | undefined;
  port: number;
  path?: string;
  facility: number;
  severity: number;
  tag: string;
  hasHostname: boolean;
}

/** Whether the word names a syslog server. */
export function isSyslog(text: string): boolean {
  return text.startsWith(SYSLOG);
}

/** The host name in it that has to be looked up; undefined when there is none. */
export function syslogHostOf(text: string): string | undefined {
  const server = isSyslog(text) ? /[:,]server=([^,]*)/.exec(text)?.[1] : undefined;
  return server === undefined ? undefined : hostNameOf(server);
}

/** Reads the word; undefined after reporting what is wrong with it. */
export function parseSyslog(word: Word, context: ParseContext): SyslogTarget | undefined {
  const draft: Draft = {
    host: undefined,
    port: DEFAULT_PORT,
    facility: FACILITIES.indexOf('local7'),
    severity: SEVERITIES.indexOf('info'),
    tag: DEFAULT_TAG,
    hasHostname: true,
  };
  const seen = new Set<string>();
  for (const text of word.text.slice(SYSLOG.length).split(',')) {
    const [name = ''] = text.split('=', 1);
    const part = { ...word, text };
    if (seen.has(name)) return reportInvalid(context, part, 'parameter', 'it was given before');
    seen.add(name);
    if (!readParameter(name, text.slice(name.length + 1), part, draft, context)) return undefined;
  }
  const { host } = draft;
  if (host !== undefined) return { ...draft, host };
  return reportInvalid(context, word, 'syslog server', 'write "syslog:server=address"');
}

/** False after reporting a problem. */
function readParameter(
  name: string,
  value: string,
  part: Word,
  draft: Draft,
  context: ParseContext,
): boolean {
  switch (part.text === name && name !== 'nohostname' ? '' : name) {
    case 'server':
      return readServer(value, part, draft, context);
    case 'facility':
      draft.facility = FACILITIES.indexOf(value);
      return draft.facility >= 0 || refuse(part, 'syslog facility', FACILITIES, value, context);
    case 'severity':
      draft.severity = SEVERITIES.indexOf(value);
      return draft.severity >= 0 || refuse(part, 'syslog severity', SEVERITIES, value, context);
    case 'tag':
      draft.tag = value;
      if (/^\w*$/.test(value) && value.length <= MAX_TAG_LENGTH) return true;
      reportInvalid(context, part, 'syslog tag', 'it has letters, digits and "_", 32 at most');
      return false;
    case 'nohostname':
      draft.hasHostname = false;
      if (value === '') return true;
  }
  const known = 'known are server=, facility=, severity=, tag= and nohostname';
  reportInvalid(context, part, 'syslog parameter', known);
  return false;
}

function readServer(value: string, part: Word, draft: Draft, context: ParseContext): boolean {
  const use = { what: 'syslog server', defaultPort: DEFAULT_PORT, names: [] };
  const addresses = resolveAddresses(value, part, use, context);
  const first: Address | undefined = addresses?.[0];
  if (first === undefined) return false;
  if (first.kind === 'unix') {
    draft.host = '';
    draft.path = first.path;
    return true;
  }
  draft.host = first.host;
  draft.port = first.port;
  return true;
}

function refuse(
  part: Word,
  what: string,
  known: readonly string[],
  value: string,
  context: ParseContext,
): false {
  const advice = didYouMean(value, known) ?? `it must be one of ${known.join(', ')}`;
  reportInvalid(context, part, what, advice);
  return false;
}
