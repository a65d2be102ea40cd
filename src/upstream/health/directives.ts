/** Active health checks: `health_check` in a location, and the `match` blocks that it names. */
import { custom, text } from '#src/schema/arguments.ts';
import { directives, type SettingsOf } from '#src/schema/directive.ts';
import { parseCheck } from './check-argument.ts';
import {
  parseBody,
  parseDegraded,
  parseExpect,
  parseHeader,
  parseRequire,
  parseSend,
  parseStatus,
} from './match-lines.ts';

const MATCH = ['match'] as const;

/** The check itself, and the block it refers to. */
export const healthDirectives = directives({
  matches: {
    name: 'match',
    contexts: ['http'],
    argument: text({ usage: 'name' }),
    opens: 'match',
    repeat: true,
    inherit: false,
    doc: 'What an answer to a `health_check match=name` must be like: it passes when all tests in the block do.',
  },
  checks: {
    name: 'health_check',
    contexts: ['location'],
    argument: custom({
      usage: '[parameters]',
      minWords: 0,
      maxWords: 20,
      parse: parseCheck,
    }),
    repeat: true,
    inherit: false,
    doc: 'Asks every endpoint of the upstream in `proxy_pass` how it is, and sends nothing to those that are unhealthy: `uri=` (/), `interval=` (5s) after each check, `jitter=` at most so much longer, `fails=` (1) and `passes=` (1) in a row until the verdict changes, `match=name` (else any status of 200 to 399), `mandatory` (nothing goes there before the first pass), `persistent` (who was healthy before a reload need not), `port=`, `keepalive_time=`, `type=http | tcp` (`tcp`, ours in `http`, only connects, and does `send` and `expect` of its `match`). Host and other constant fields, timeouts and address are those of the location. No `zone` is needed. See [health.md](health.md).',
  },
});

/** The tests of a `match` block. */
export const matchDirectives = directives({
  status: {
    name: 'status',
    contexts: MATCH,
    argument: custom({
      usage: '[!] code | first-last …',
      minWords: 1,
      maxWords: 100,
      parse: parseStatus,
    }),
    inherit: false,
    doc: 'The status of the answer is one of these, or with `!` none of them. Without it any will do.',
  },
  headers: {
    name: 'header',
    contexts: MATCH,
    argument: custom({
      usage: 'name [= | != | ~ | !~ value] | ! name',
      minWords: 1,
      maxWords: 3,
      parse: parseHeader,
    }),
    repeat: true,
    inherit: false,
    doc: 'The answer has that field, or with `!` has not; has it with that value (`=`) or one that the regular expression fits (`~`), or not (`!=`, `!~`). Of several lines of a name one is enough.',
  },
  bodies: {
    name: 'body',
    contexts: MATCH,
    argument: custom({
      usage: '~ | !~ pattern',
      minWords: 2,
      maxWords: 2,
      parse: parseBody,
    }),
    repeat: true,
    inherit: false,
    doc: 'The regular expression fits the first 256k of the body, or does not.',
  },
  degraded: {
    name: 'degraded',
    contexts: MATCH,
    argument: custom({
      usage: 'status … | header … | body ~ | !~ pattern',
      minWords: 2,
      maxWords: 100,
      parse: parseDegraded,
    }),
    repeat: true,
    inherit: false,
    doc: 'Weir only. A test as `status`, `header` and `body` have them, which is none of those that a check must pass: where one holds of an answer that does, the endpoint is degraded and gets what the others cannot take (`degraded_threshold`). A field `X-Weir-Degraded` or `X-Envoy-Degraded` in the answer means the same, unless its value is `0` or `false`, with any `match` and without. Only for `type=http`.',
  },
  required: {
    name: 'require',
    contexts: MATCH,
    argument: custom({
      usage: '$variable …',
      minWords: 1,
      maxWords: 20,
      parse: parseRequire,
    }),
    repeat: true,
    inherit: false,
    doc: 'None of the variables is empty or "0". Of nginx’s, `$status`, `$upstream_status` and `$upstream_http_NAME` can be asked for.',
  },
  send: {
    name: 'send',
    contexts: MATCH,
    argument: custom({ usage: 'string', minWords: 1, maxWords: 1, parse: parseSend }),
    inherit: false,
    doc: 'For `type=tcp`: what is sent; `\\xHH` is a byte.',
  },
  expect: {
    name: 'expect',
    contexts: MATCH,
    argument: custom({
      usage: 'string | ~ pattern | ~* pattern',
      minWords: 1,
      maxWords: 2,
      parse: parseExpect,
    }),
    inherit: false,
    doc: 'For `type=tcp`: what comes begins with the text, or the regular expression fits it.',
  },
});

/** The settings of one `match` block. */
export type MatchSettings = SettingsOf<typeof matchDirectives>;
