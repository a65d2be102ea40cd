// Reasons of differences that have to do with `error_page`.

import { unframed } from './compare.ts';
import { type Explanation, isStatus } from './explanation.ts';

/** One for each row of docs/differences.md about them. */
export const ERROR_PAGE_EXPLANATIONS: readonly Explanation[] = [
  {
    name: 'refused while its head is read: no error_page, and its variables may be there',
    holds: ({ what }, { asked, nginx, weir }, text) =>
      isStatus(weir, /^400/) &&
      weir.seen.length === 0 &&
      /^(?:$|<!doctype html>[^]*<title>400 )/.test(weir.answered.body) &&
      /%(?![0-9a-f]{2})|%00/i.test(asked.target) &&
      (/error_page .*\b400\b/.test(text) || (what.startsWith('field ') && isStatus(nginx, /^400/))),
  },
  {
    name: 'within an error page: the answer of the endpoint, not the page of nginx',
    holds: ({ what }, { nginx, weir }, text) =>
      /error_page/.test(text) &&
      /proxy_intercept_errors on/.test(text) &&
      !what.startsWith('origin ') &&
      weir.seen.length > 0 &&
      weir.seen.length === nginx.seen.length &&
      !nginx.answered.body.startsWith('body of') &&
      /^(?:$|body of)/.test(weir.answered.body),
  },
  {
    name: 'the length of a body that is gone goes on to an error page: nginx waits there until 504',
    holds: (_part, { asked, dialogue, nginx, weir }, text) =>
      isStatus(nginx, /^504/) &&
      dialogue.isSplit &&
      nginx.seen.length < weir.seen.length &&
      asked.lines.some((line) => /^content-length: [1-9]/i.test(line)) &&
      // Dropped, or streamed away.
      (/error_page .*\b413\b/.test(text) ||
        (/error_page/.test(text) && text.includes('proxy_request_buffering off'))),
  },
  {
    name: 'a body whose request ends at an error page is not sent to it',
    holds: (part, { asked, weir }, text) =>
      /error_page/.test(text) &&
      asked.body !== '' &&
      (part.what.startsWith('origin body')
        ? weir.seen.at(-1)?.at(-1) === ''
        : part.what.startsWith('origin fields') &&
          /^(?:content-length|transfer-encoding):/im.test(part.nginx) &&
          unframed(part.nginx) === unframed(part.weir)),
  },
  {
    name: 'an empty answer has a length, whatever status its error page gives it',
    holds: ({ nginx, weir, what }, { nginx: { answered } }, text) =>
      answered.body === '' &&
      /error_page/.test(text) &&
      ((what === 'field transfer-encoding' && nginx === 'chunked') ||
        (what === 'field content-length' && weir === '0')),
  },
  {
    name: '$upstream_http_ is empty when an error page stands for the answer',
    holds: ({ weir, what }, { asked, nginx }, text) =>
      what.startsWith('field ') &&
      /(?:^|\n)s-(?:$|\n)/.test(weir) &&
      nginx.seen.length > 0 &&
      (/proxy_intercept_errors on/.test(text) ||
        [asked.target, ...asked.lines].some((one) =>
          /\bo=(?:cut|garb)|^x-want: (?:cut|garb)/i.test(one),
        )) &&
      /\$\{?upstream_http_/.test(text),
  },
  {
    name: 'a blank that a variable brings into the query of an error page is refused',
    holds: (_part, { asked, nginx, weir }, text) =>
      isStatus(weir, /^400/) &&
      !isStatus(nginx, /^400/) &&
      asked.target.includes('%20') &&
      /error_page .*\?\S*\$\d/.test(text),
  },
  {
    name: 'client_max_body_size holds in a named location, also for who has passed no other limit',
    holds: (_part, { asked, nginx, weir }, text) =>
      isStatus(weir, /^413/) &&
      !isStatus(nginx, /^413/) &&
      weir.seen.length === 0 &&
      asked.lines.some((line) => /^content-length: [1-9]/i.test(line)) &&
      /client_max_body_size/.test(text) &&
      /error_page .*@/.test(text) &&
      // Those do not look at the body: internal locations, and what a server itself answers.
      /\binternal;|^ {2}(?:return|rewrite|if) /m.test(text),
  },
  {
    name: 'a named location does not get a request whose body was streamed away: our page',
    holds: ({ what }, { asked, nginx, weir }, text) =>
      isStatus(weir, /^50[024]/) &&
      !isStatus(nginx, /^50[024]/) &&
      /^(?:$|<!doctype html>)/.test(weir.answered.body) &&
      (!what.startsWith('origin ') || nginx.seen.length > weir.seen.length) &&
      asked.body !== '' &&
      weir.seen.length > 0 &&
      /error_page .*@/.test(text) &&
      text.includes('proxy_request_buffering off'),
  },
];
