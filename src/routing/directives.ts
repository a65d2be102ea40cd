/** The directives that name servers and locations, and that answer without an upstream. */
import { custom, flag, nothing, text } from '#src/schema/arguments.ts';
import { directives, HTTP_SERVER_LOCATION } from '#src/schema/directive.ts';
import { parseApi } from './api-argument.ts';
import { parseErrorPage } from './error-page-argument.ts';
import { parseLocation } from './location-argument.ts';
import { parseReturn } from './return-argument.ts';
import { parseServerNames } from './server-name-argument.ts';
import { parseTypes } from './types-argument.ts';

/** The blocks of HTTP. */
export const routingBlocks = directives({
  http: {
    name: 'http',
    contexts: ['main'],
    argument: nothing(),
    opens: 'http',
    inherit: false,
    doc: 'Everything about HTTP.',
  },
  server: {
    name: 'server',
    contexts: ['http'],
    argument: nothing(),
    opens: 'server',
    repeat: true,
    inherit: false,
    doc: 'A virtual server: chosen by the address a connection came in on and the host it asks for.',
  },
  location: {
    name: 'location',
    contexts: ['server', 'location'],
    argument: custom({
      usage: '[= | ~ | ~* | ^~] path | @name',
      minWords: 1,
      maxWords: 2,
      parse: parseLocation,
    }),
    opens: 'location',
    repeat: true,
    inherit: false,
    doc: 'What holds for paths that begin with `path`, with `=` are it, with `~` match it as a regular expression (`~*`: the case of letters ignored). An exact location wins, else the first regular expression of the file that matches, else the longest prefix, wherever it stands; with `^~` that prefix wins over regular expressions. Locations inside one are asked for the paths that it takes. `@name` takes no request from outside: `error_page` sends exchanges there.',
  },
});

/** How a server is found. */
export const serverDirectives = directives({
  names: {
    name: 'server_name',
    contexts: ['server'],
    argument: custom({
      usage: 'name …',
      minWords: 1,
      maxWords: 1_000,
      parse: parseServerNames,
    }),
    repeat: true,
    inherit: false,
    doc: 'The hosts this server answers: a name, `*.x` (what ends in `.x`), `.x` (that and `x` itself), `x.*`, `$hostname`; `""` (also the default) takes requests without a `Host`. `~regex` are regular expressions. An exact name beats the longest `*.x`, that beats the longest `x.*`, that beats the first regular expression of the file that matches.',
  },
});

/** What answers in a location, `proxy_pass` apart. */
export const handlerDirectives = directives({
  return: {
    name: 'return',
    contexts: ['server', 'location', 'server-if', 'location-if'],
    argument: custom({
      usage: 'code [text] | code URL | URL',
      minWords: 1,
      maxWords: 2,
      parse: parseReturn,
    }),
    repeat: true,
    inherit: false,
    doc: 'Answers at once: with a status and its usual page, with a text, or with a redirect (301, 302, 303, 307, 308). A bare `http://`, `https://` or `$scheme` URL means 302. 444 closes the connection without an answer.',
  },
  stubStatus: {
    name: 'stub_status',
    contexts: ['server', 'location'],
    argument: nothing(),
    inherit: false,
    doc: 'The page of counters that nginx has, over all proxy threads.',
  },
  statusJson: {
    name: 'status_json',
    contexts: ['location'],
    argument: nothing(),
    inherit: false,
    doc: 'Weir only. State of the edge as JSON: version, uptime, configuration hash, result of the last reload, counters in total and per thread, endpoints.',
  },
  api: {
    name: 'api',
    contexts: ['location'],
    argument: custom({
      usage: '[write=on | off]',
      minWords: 0,
      maxWords: 1,
      parse: parseApi,
    }),
    inherit: false,
    doc: 'The API of NGINX Plus, version 9 (docs/steering.md): the path behind that of the location is what stands behind `/api` there. With `write=on` servers of upstreams are added, changed and taken out, too; as there are no access rules yet, changes are taken from clients on this machine only (127.0.0.0/8, ::1, unix sockets).',
  },
});

/** What becomes of errors, and who may ask for a location. */
export const errorPageDirectives = directives({
  errorPages: {
    name: 'error_page',
    contexts: [...HTTP_SERVER_LOCATION, 'location-if'],
    argument: custom({
      usage: 'code … [=[response]] uri',
      minWords: 2,
      maxWords: 100,
      parse: parseErrorPage,
    }),
    repeat: true,
    doc: 'What is answered instead of our page of these statuses: `/path` is asked for with GET, `@name` with the method and body of the request, `http://…` is a redirect (302, or the 301, 302, 303, 307 or 308 of `=response`). The status stays unless `=response` gives another, or `=` alone leaves it to what answers. The statuses of endpoints count with `proxy_intercept_errors on` only. What is refused before its location is known has our page. Inherited only by levels that have none of their own.',
  },
  recursiveErrorPages: {
    name: 'recursive_error_pages',
    contexts: HTTP_SERVER_LOCATION,
    argument: flag({ default: 'off' }),
    doc: 'Whether an error of an error page may lead to another one. After 10 redirects the answer is 500 in any case.',
  },
  internal: {
    name: 'internal',
    contexts: ['location'],
    argument: nothing(),
    inherit: false,
    doc: 'The location answers 404 to clients; only `error_page` leads here.',
  },
});

/** How a body that Weir makes itself is labelled. */
export const contentDirectives = directives({
  defaultType: {
    name: 'default_type',
    contexts: HTTP_SERVER_LOCATION,
    argument: text({ default: 'text/plain', usage: 'mime-type' }),
    doc: 'The `Content-Type` of the text of `return` where `types` has none for the extension of the path.',
  },
  types: {
    name: 'types',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: '{ mime-type extension …; }',
      minWords: 0,
      maxWords: 0,
      parse: parseTypes,
    }),
    opens: 'types',
    repeat: true,
    doc: 'Maps extensions of the path to the `Content-Type` of the text of `return`. HTML, GIF and JPEG when there is none.',
  },
});
/** How a body that Weir makes itself is labelled in one location. */
export interface ContentSettings {
  readonly defaultType: string;
  /** Extension in lower case, without the dot → media type. */
  readonly types: ReadonlyMap<string, string>;
}
