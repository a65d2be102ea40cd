// Why the two differ where they may, one reason each; docs/differences.md has a row for every one. A
// part that none explains is a bug, and a reason that never holds does not belong here (`prove` lists those that did not).

import type { Difference } from './both.ts';
import { mayLoseCaptures } from './captures.ts';
import { differingParts, isChunked, type Part, unframed } from './compare.ts';
import { ERROR_PAGE_EXPLANATIONS } from './error-page-differences.ts';
import { type Explanation, isStatus } from './explanation.ts';
import { isOfRepeat, isOfUnknownMethod, isSentAgain } from './repeats.ts';
import { isOfSilentEnd } from './silent-end.ts';
import { TWINS } from './twins.ts';

/** The parts that no reason explains; counts what each has explained into `counts`. */
export function unexplained(
  difference: Difference,
  text: string,
  counts: Map<string, number> = new Map(),
): readonly Part[] {
  const { parts, tried, weir } = difference;
  if (tried === undefined) return unexplainedOf(difference, text, counts);
  const { name, nginx } = tried;
  const left = differingParts(nginx, weir);
  const gone = parts.filter(({ what }) => left.every((other) => other.what !== what));
  if (gone.length > 0) counts.set(name, (counts.get(name) ?? 0) + gone.length);
  return unexplainedOf({ ...difference, nginx, parts: left }, text, counts);
}

function unexplainedOf(
  difference: Difference,
  text: string,
  counts: Map<string, number>,
): readonly Part[] {
  return difference.parts.filter((part) => {
    const reason = EXPLANATIONS.find(({ holds }) => holds(part, difference, text));
    if (reason !== undefined) counts.set(reason.name, (counts.get(reason.name) ?? 0) + 1);
    return reason === undefined;
  });
}

/** A `Connection` or `Keep-Alive` that says so. */
function isKept(value: string): boolean {
  return /keep-alive|timeout/.test(value);
}

/** Whether the connection is kept, and for how long. */
function isOfConnection({ what }: Part): boolean {
  return what === 'field connection' || what === 'field keep-alive';
}

/** Statuses after which nginx closes the connection, whoever gives them. */
const CLOSING = String.raw`(?:400|413|414|500|501)`;
const CLOSES = new RegExp(`^${CLOSING}`);
/** An error page gives such an answer another status: the connection closes all the same. */
const MAY_CLOSE = new RegExp(`error_page .*\\b${CLOSING}\\b`);

/** Between the method and the version. */
const BLANKS = /(?<= .*) (?=.* HTTP)/g;

const EXPLANATIONS: readonly Explanation[] = [
  ...ERROR_PAGE_EXPLANATIONS,
  {
    name: 'a body that is streamed goes to one endpoint only, though nginx still has all of it',
    holds: (part, { asked, nginx, weir }, text) =>
      text.includes('proxy_request_buffering off') &&
      asked.body !== '' &&
      // The other tries are the same request, and variables tell of them.
      isSentAgain(nginx, weir.seen.length) &&
      (part.what.startsWith('origin ')
        ? part.weir === ''
        : part.what.startsWith('field ') && part.nginx.startsWith(`${part.weir}, `)),
  },
  {
    name: 'answered before a chunked body was read: the connection closes',
    holds: (part, difference) =>
      isOfConnection(part) &&
      isChunked(difference.asked) &&
      difference.weir.seen.length === 0 &&
      isKept(part.nginx) &&
      !isKept(part.weir),
  },
  {
    name: 'the connection stays open after 400, 413, 414, 500 and 501 of a location',
    holds: (part, { nginx }, text) =>
      isOfConnection(part) &&
      !isKept(part.nginx) &&
      isKept(part.weir) &&
      (isStatus(nginx, CLOSES) || MAY_CLOSE.test(text)),
  },
  {
    name: '204 and 304 of ours say nothing of a body',
    holds: ({ nginx: value, what }, { nginx, weir }, text) =>
      nginx.seen.length === 0 &&
      isStatus(weir, /^(?:204|304)/) &&
      (what === 'field content-type' ||
        what === 'field content-length' ||
        (what.startsWith('field ') &&
          /s-\w+\//.test(value) &&
          text.includes('$sent_http_content_type'))),
  },
  {
    name: 'proxy_request_buffering off: a chunked body goes on in chunks, even when it is there',
    holds: ({ nginx, weir, what }, difference, text) =>
      what.startsWith('origin fields') &&
      /proxy_request_buffering off/.test(text) &&
      isChunked(difference.asked) &&
      unframed(nginx) === unframed(weir),
  },
  {
    name: '$sent_http_location of a redirect of ours is the whole URL',
    holds: ({ nginx, weir, what }, _difference, text) =>
      what.startsWith('field ') &&
      /\$\{?sent_http_location/.test(text) &&
      weir.replaceAll(/http:\/\/[^/]+/g, '') === nginx.replaceAll(/http:\/\/[^/]+/g, ''),
  },
  {
    name: 'keepalive_timeout is taken whole',
    holds: ({ nginx, weir, what }, _difference, text) =>
      what === 'field keep-alive' &&
      weir === '' &&
      text.includes(`keepalive_timeout ${nginx === 'timeout=20' ? '75' : '10s'} `) &&
      /keepalive_timeout \S+;/.test(text),
  },
  {
    name: '$sent_http_ shows fields that are hidden',
    holds: ({ nginx, what }, { weir }, text) =>
      what.startsWith('field ') &&
      nginx.includes('s-') && // what the generator writes in front of such variables
      weir.seen.length > 0 &&
      [...text.matchAll(/proxy_hide_header ([\w-]+)/g)].some(([, name = '']) =>
        text.includes(`$sent_http_${name.toLowerCase().replaceAll('-', '_')}`),
      ),
  },
  {
    name: 'a body in chunks is read, and may be too large, before variables say where it goes',
    holds: (_part, { asked, nginx, weir }, text) =>
      isStatus(nginx, /^500/) &&
      isStatus(weir, /^413/) &&
      nginx.seen.length + weir.seen.length === 0 &&
      isChunked(asked) &&
      /proxy_pass "?\S*\$/.test(text) &&
      /client_max_body_size/.test(text),
  },
  {
    name: 'proxy_request_buffering off, answered before a body was there: nginx closes without a word',
    holds: isOfSilentEnd,
  },
  {
    name: 'server_name_in_redirect in a server without a name',
    holds: ({ nginx, what }, _difference, text) =>
      what.startsWith('field ') &&
      /https?:\/\/[:/]/.test(nginx) &&
      /server_name_in_redirect on/.test(text),
  },
  {
    name: 'of two ifs that hold the last one answers, also when only the first has proxy_pass',
    holds: (_part, { nginx, weir }, text) =>
      isStatus(nginx, /^500/) &&
      nginx.seen.length === 0 &&
      isStatus(weir, /^40[45]/) &&
      /if \([^]*?\{[^}]*proxy_pass[^]*?if \(/.test(text),
  },
  {
    name: 'keepalive_timeout 0 and keepalive_requests are those of whoever answers',
    holds: (part, { nginx, weir }, text) =>
      isOfConnection(part) &&
      /keepalive_timeout 0|keepalive_requests [12];/.test(text) &&
      // Before locations nothing is asked of an origin; whoever hands on does it by one of these,
      // and what nginx has passed on the way can only have closed.
      (isKept(part.nginx)
        ? !isKept(part.weir) && nginx.seen.length === 0 && weir.seen.length === 0
        : isKept(part.weir) && /error_page|rewrite/.test(text)),
  },
  {
    name: 'a kept connection that an endpoint closes is replaced, and the same endpoint asked again',
    holds: isOfRepeat,
  },
  {
    name: 'only methods that are known to be idempotent are sent again',
    holds: isOfUnknownMethod,
  },
  {
    name: 'blanks that variables bring into the URI of proxy_pass are escaped',
    holds: ({ nginx, weir, what }) =>
      what.startsWith('origin line') &&
      nginx.split(' ').length > 3 &&
      nginx.replace(BLANKS, '%20') === weir,
  },
  {
    name: 'proxy_set_header Content-Length "" has no effect',
    holds: ({ nginx, weir, what }, { asked }, text) =>
      /proxy_set_header Content-Length ""/.test(text) &&
      (asked.body !== '' || /proxy_set_body/.test(text)) &&
      ((what.startsWith('origin body') && nginx === '') ||
        (what.startsWith('origin fields') &&
          !/^content-length:/im.test(nginx) &&
          unframed(nginx) === unframed(weir))),
  },
  {
    name: 'a capture that a map changes while the text is put together',
    holds: (part, { nginx }, text) =>
      // No longer than the one before it; what is shorter than its Content-Length never ends.
      (/^(?:HTTP\/1\.1 50[04]|the connection closed)/.test(nginx.answered.line) ||
        (/^(?:field|body|origin)/.test(part.what) && part.nginx.length <= part.weir.length)) &&
      mayLoseCaptures(text),
  },
];

/** Names of all of them. */
export const REASONS: readonly string[] = [...TWINS, ...EXPLANATIONS].map(({ name }) => name);
