/** The directives that change the fields of an answer on its way to the client. */
import { custom, oneOf } from '#src/schema/arguments.ts';
import { directives, HTTP_SERVER_LOCATION } from '#src/schema/directive.ts';
import {
  parseAddHeader,
  parseCookieDomain,
  parseCookieFlags,
  parseCookiePath,
  parseFieldName,
  parseIgnoredFields,
  parseRedirect,
} from './rewriting-arguments.ts';

/** What becomes of the fields of an endpoint's answer. */
export const answerDirectives = directives({
  redirects: {
    name: 'proxy_redirect',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: 'default | off | redirect replacement',
      minWords: 1,
      maxWords: 2,
      default: ['default'],
      parse: parseRedirect,
    }),
    repeat: true,
    doc: 'Rewrites the beginning of `Location`, and of the URL in `Refresh`, in the answer of an endpoint; the first that fits counts. `default` puts the path of the location in place of the URL of `proxy_pass`, and stands where no other is written. Behind `~` (`~*`: the case of letters ignored) stands a regular expression: if it matches, the whole is replaced, and the replacement has its captures. A path that results becomes a URL of this server.',
  },
  cookieDomains: {
    name: 'proxy_cookie_domain',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: 'off | domain replacement',
      minWords: 1,
      maxWords: 2,
      parse: parseCookieDomain,
    }),
    repeat: true,
    doc: 'Replaces the `Domain` of a `Set-Cookie` that is `domain`, whatever the case and with or without a dot in front; the first that fits counts. Behind `~` stands a regular expression, the case of letters ignored: if it matches, the whole is replaced. `off` cancels those of this level and the levels above.',
  },
  cookiePaths: {
    name: 'proxy_cookie_path',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: 'off | path replacement',
      minWords: 1,
      maxWords: 2,
      parse: parseCookiePath,
    }),
    repeat: true,
    doc: 'Replaces the beginning of the `Path` of a `Set-Cookie`; the first that fits counts. Behind `~` (`~*`: the case of letters ignored) stands a regular expression: if it matches, the whole is replaced. `off` cancels those of this level and the levels above.',
  },
  cookieFlags: {
    name: 'proxy_cookie_flags',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage:
        'off | cookie [secure | nosecure | httponly | nohttponly | samesite=strict | samesite=lax | samesite=none | nosamesite …]',
      minWords: 1,
      maxWords: 4,
      parse: parseCookieFlags,
    }),
    repeat: true,
    doc: 'Sets or removes flags of the cookie of that name in `Set-Cookie`; the first that fits counts. Behind `~` stands a regular expression for names, the case of letters ignored. `off` cancels those of this level and the levels above.',
  },
  hiddenFields: {
    name: 'proxy_hide_header',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({ usage: 'field', minWords: 1, maxWords: 1, parse: parseFieldName }),
    repeat: true,
    doc: 'Keeps a field of the answer of an endpoint from the client, beside `Date`, `Server`, `X-Pad` and `X-Accel-…`, which are kept in any case.',
  },
  passedFields: {
    name: 'proxy_pass_header',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({ usage: 'field', minWords: 1, maxWords: 1, parse: parseFieldName }),
    repeat: true,
    doc: 'Lets a field through that is otherwise kept from the client; `Server` and `Date` then stand in place of our own.',
  },
  ignoredFields: {
    name: 'proxy_ignore_headers',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: 'field …',
      minWords: 1,
      maxWords: 9,
      parse: parseIgnoredFields,
    }),
    repeat: true,
    doc: "Fields of an endpoint's answer that have no effect here: `X-Accel-Buffering`; `X-Accel-Limit-Rate`, which wins over `limit_rate`; and `X-Accel-Redirect`, by which another location of the server answers in place of the endpoint. The others that nginx knows are accepted, they have none in any case: `X-Accel-Expires`, `X-Accel-Charset`, `Expires`, `Cache-Control`, `Set-Cookie`, `Vary`.",
  },
  addedFields: {
    name: 'add_header',
    contexts: [...HTTP_SERVER_LOCATION, 'location-if'],
    argument: custom({
      usage: 'name value [always]',
      minWords: 2,
      maxWords: 3,
      parse: parseAddHeader,
    }),
    repeat: true,
    doc: 'Adds a field to answers with status 200, 201, 204, 206, 301, 302, 303, 304, 307 or 308, with `always` to all; an empty value adds none. `ETag` and `Last-Modified` replace what is there. Inherited only by levels that have none of their own, see `add_header_inherit`.',
  },
  addedInherit: {
    name: 'add_header_inherit',
    contexts: [...HTTP_SERVER_LOCATION, 'location-if'],
    argument: oneOf(['on', 'off', 'merge'], { default: 'on' }),
    doc: 'How `add_header` is inherited: `on` by levels that have none of their own, `merge` also by those that have, `off` by none.',
  },
  addedTrailers: {
    name: 'add_trailer',
    contexts: [...HTTP_SERVER_LOCATION, 'location-if'],
    argument: custom({
      usage: 'name value [always]',
      minWords: 2,
      maxWords: 3,
      parse: parseAddHeader,
    }),
    repeat: true,
    doc: 'Adds a field behind the body of answers with the statuses of `add_header`, with `always` to all; an empty value adds none. The value is that of the end of the answer. Such answers are chunked whatever their length; clients of HTTP/1.0, `HEAD` and answers without a body get none. Inherited only by levels that have none of their own, see `add_trailer_inherit`.',
  },
  addedTrailersInherit: {
    name: 'add_trailer_inherit',
    contexts: [...HTTP_SERVER_LOCATION, 'location-if'],
    argument: oneOf(['on', 'off', 'merge'], { default: 'on' }),
    doc: 'How `add_trailer` is inherited: as `add_header_inherit`.',
  },
});
