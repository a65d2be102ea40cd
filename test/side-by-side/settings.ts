// Generated directives that hold in `http`, `server` and `location`, and are inherited.

import { NOT_BUILT_YET } from '#src/config/nginx-directives.ts';
import type { Random } from '#test/fuzz/random.ts';
import { block, type ConfNode, directive, word } from './conf-node.ts';
import type { Values } from './values.ts';

/** Where a generated directive will stand. */
export interface Place {
  readonly level: 'http' | 'server' | 'location';
  /** Named locations of the server. */
  readonly named: readonly string[];
  /** Whether `proxy_pass` stands before it in this location. */
  readonly isProxied: boolean;
}

type Make = (values: Values, place: Place) => readonly ConfNode[];

const NOT_BUILT: ReadonlySet<string> = new Set(NOT_BUILT_YET.flatMap(({ names }) => names));
const REQUEST_FIELDS = ['X-A', 'X-B', 'X-New', 'Host', 'Cookie', 'User-Agent', 'Accept', 'x-a'];
const ANSWER_FIELDS = ['X-O', 'X-P', 'ETag', 'Set-Cookie', 'X-Powered-By', 'Location', 'Server'];

/** The length of a body that stays here. */
export const EMPTIED = ['Content-Length', '""'] as const;

/** One of the settings, perhaps several directives of its name; none where it may not stand. */
export function setting(values: Values, place: Place): readonly ConfNode[] {
  const { random } = values;
  return random
    .pick(SETTINGS)(values, place)
    .filter(({ name }) => !NOT_BUILT.has(name));
}

/** A setting with a value out of few. */
function choice(name: string, ...choices: readonly [string, ...string[]]): Make {
  return ({ random }) => [directive(name, random.pick(choices))];
}

/** One to three directives of a kind that may stand several times. */
function several(make: (values: Values, place: Place) => ConfNode): Make {
  return (values, place) => {
    const count = values.random.pick([1, 1, 2, 3]);
    const made = Array.from({ length: count }, () => make(values, place));
    const off = made.find(({ words }) => words[0] === 'off');
    if (off !== undefined) return [off]; // nginx wants it alone
    return made.filter((one, at) => at === made.findIndex((other) => isTwice(one, other)));
  };
}

/** nginx refuses these when they stand twice in one block. */
function isTwice(one: ConfNode, other: ConfNode): boolean {
  if (one === other) return true;
  const isOnce = one.name === 'proxy_redirect' && one.words[0] === 'default';
  return isOnce && other.words[0] === 'default';
}

/** `error_page`: a path, a named location, a redirect; with or without another status. */
export function errorPage(values: Values, place: Place): ConfNode {
  const { random } = values;
  const codes = Array.from({ length: random.pick([1, 1, 2, 3]) }, () => {
    return random.pick([
      '400',
      '403',
      '404',
      '404',
      '405',
      '410',
      '413',
      '418',
      '500',
      '502',
      '503',
    ]);
  });
  const response = random.pick(['', '', '', '=', '=200', '=404', '=301', '=503']);
  const [named, ...more] = place.named;
  const target =
    named !== undefined && random.chance(0.35)
      ? random.pick([named, ...more])
      : random.chance(0.15)
        ? random.pick(['http://else.test/e', 'https://$host/e?$args'])
        : values.pathText();
  return directive('error_page', ...codes, ...(response === '' ? [] : [response]), word(target));
}

function addHeader(values: Values): ConfNode {
  const { random } = values;
  const name = random.pick([
    'X-A',
    'X-Add',
    'Cache-Control',
    'ETag',
    'Last-Modified',
    'Set-Cookie',
  ]);
  const text = random.chance(0.1) ? '""' : values.answerText();
  return directive('add_header', name, text, ...(random.chance(0.4) ? ['always'] : []));
}

function setHeader(values: Values): ConfNode {
  const { random } = values;
  const name = pickText(random, REQUEST_FIELDS);
  if (random.chance(0.15)) return directive('proxy_set_header', name, '""');
  if (random.chance(0.3)) return directive('proxy_set_header', 'Host', word('$host'));
  return directive('proxy_set_header', name, values.text());
}

function redirectRule(values: Values, { isProxied }: Place): ConfNode {
  const { random } = values;
  if (random.chance(0.15)) return directive('proxy_redirect', 'off');
  if (isProxied && random.chance(0.2)) return directive('proxy_redirect', 'default');
  const from = random.pick([
    'http://ORIGIN/',
    'http://ORIGIN',
    '/',
    '/a/',
    'http://else.test/',
    '$scheme://',
  ]);
  const to = random.pick(['/', '/moved/', 'http://$host/', 'http://new.test/', '$uri', '""', 'x/']);
  return directive('proxy_redirect', from, to);
}

function cookieFlags(values: Values): ConfNode {
  const { random } = values;
  if (random.chance(0.1)) return directive('proxy_cookie_flags', 'off');
  const flags = ['secure', 'httponly', 'samesite=lax', 'nosecure', 'nohttponly', 'nosamesite'];
  const first = random.below(flags.length);
  return directive(
    'proxy_cookie_flags',
    random.pick(['c', 'd', '$arg_a']),
    ...flags.slice(first, first + 2),
  );
}

function pickText(random: Random, list: readonly string[]): string {
  return list[random.below(list.length)] ?? '';
}

const SETTINGS: readonly [Make, ...Make[]] = [
  several(errorPage),
  several(errorPage),
  several(addHeader),
  several(addHeader),
  several(setHeader),
  several(setHeader),
  several(redirectRule),
  several(({ random }) => {
    if (random.chance(0.15)) return directive('proxy_cookie_domain', 'off');
    return directive(
      'proxy_cookie_domain',
      random.pick(['o.test', '.o.test', '$arg_a']),
      random.pick(['$host', 'n.test']),
    );
  }),
  several(({ random }) => {
    if (random.chance(0.15)) return directive('proxy_cookie_path', 'off');
    return directive(
      'proxy_cookie_path',
      random.pick(['/', '/a', '/a/', '$uri']),
      random.pick(['/', '/n', '/$host/']),
    );
  }),
  several(cookieFlags),
  several(({ random }) => directive('proxy_hide_header', pickText(random, ANSWER_FIELDS))),
  several(({ random }) => directive('proxy_pass_header', pickText(random, ANSWER_FIELDS))),
  several(({ random }) =>
    directive(
      'proxy_ignore_headers',
      random.pick(['X-Accel-Buffering', 'X-Accel-Redirect', 'Set-Cookie', 'Vary']),
    ),
  ),
  choice('default_type', 'text/html', 'application/x-own', 'text/plain'),
  ({ random }) => [
    block(
      'types',
      [],
      [
        directive(random.pick(['text/x-one', 'image/png']), 'png', 'x'),
        ...(random.chance(0.5) ? [directive('text/html', 'html', 'HTM')] : []),
      ],
    ),
  ],
  choice('server_tokens', 'off', 'on'),
  choice('recursive_error_pages', 'on', 'off'),
  choice('proxy_intercept_errors', 'on', 'on', 'off'),
  choice('proxy_method', 'POST', 'GET', 'PUT', 'X-$request_method'),
  (values) => [directive('proxy_set_body', values.text())],
  choice('proxy_pass_request_headers', 'off', 'on'),
  // Without its length, for which the origin would wait; docs/differences.md has the rest.
  ({ random }, { level }) =>
    level === 'location' && random.chance(0.5)
      ? [directive('proxy_pass_request_body', 'off'), directive('proxy_set_header', ...EMPTIED)]
      : [directive('proxy_pass_request_body', 'on')],
  choice('proxy_http_version', '1.0', '1.1'),
  choice('proxy_buffering', 'off', 'on'),
  choice('proxy_request_buffering', 'off', 'on'),
  choice('client_max_body_size', '3', '5', '10', '1k', '0'),
  choice('keepalive_timeout', '0', '75s', '"75 20"'.replaceAll('"', ''), '10s 5s'),
  choice('keepalive_requests', '1', '2', '1000'),
  choice('chunked_transfer_encoding', 'off', 'on'),
  choice('absolute_redirect', 'off', 'on'),
  choice('port_in_redirect', 'off', 'on'),
  choice('server_name_in_redirect', 'on', 'off'),
  choice(
    'proxy_next_upstream',
    'error',
    'error http_404 http_502',
    'error http_503 non_idempotent',
    'http_500 http_503 http_403 http_429',
    'error timeout invalid_header http_500 non_idempotent',
    'invalid_header',
    'off',
  ),
  choice('proxy_next_upstream_tries', '1', '2', '3', '0'),
  several(({ random }) =>
    directive(
      'set_real_ip_from',
      random.pick(['127.0.1.0/24', '127.0.0.0/8', '127.0.1.2', '192.0.2.0/24', '0.0.0.0/0']),
    ),
  ),
  choice('real_ip_header', 'X-Forwarded-For', 'X-Real-IP', 'X-A'),
  choice('real_ip_recursive', 'on', 'off'),
  ({ random }, { level }) =>
    level !== 'http' ? [] : [directive('underscores_in_headers', random.pick(['on', 'off']))],
];
