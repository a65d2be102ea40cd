// What generated directives are made of: paths, names, texts with variables.

import type { Random } from '#test/fuzz/random.ts';
import { word } from './conf-node.ts';

/** Hosts of the servers' names live here, and those that nearly do. */
export const HOSTS = [
  ...['one.test', 'two.test', 'a.two.test', 'b.a.two.test', 'three.test', 'www.three.test'],
  ...['www.x', 'www.example.test', 'ann.four.test', 'bob.four.test', 'four.test', 'five.test'],
] as const;

const SEGMENTS = ['a', 'b', 'ab', 'api', 'img', 'A', 'x1', 'a.b'] as const;
const EXTENSIONS = ['.png', '.html', '.txt', '.x', '.HTML', '.css'] as const;
const LITERALS = [
  'v',
  'one',
  'two words',
  '1',
  '0',
  'a/b',
  '/a',
  '/b/',
  'x=y',
  'é',
  'a;b',
] as const;

/** Variables that mean the same to both. */
const VARIABLES = [
  ...['uri', 'request_uri', 'args', 'query_string', 'is_args', 'document_uri', 'arg_a', 'arg_b'],
  ...['host', 'http_host', 'http_x_a', 'http_x_b', 'cookie_c', 'cookie_d', 'http_cookie'],
  ...['server_name', 'server_port', 'scheme', 'request_method', 'request', 'server_protocol'],
  ...['content_length', 'content_type', 'http_user_agent', 'http_referer', 'remote_addr'],
  ...['proxy_host', 'proxy_port', 'proxy_add_x_forwarded_for', 'remote_user', 'uri', 'args'],
  ...['remote_addr', 'realip_remote_addr', 'http_x_forwarded_for'],
] as const;

/** Those that only an answer has. */
const ANSWER_VARIABLES = [
  ...['status', 'upstream_status', 'upstream_http_x_o', 'sent_http_content_type'],
  ...['sent_http_location', 'upstream_addr', 'sent_http_x_o'],
] as const;

/** Names of one configuration that exist so far. */
export interface Names {
  /** Of `set`, `map`, `geo`, `split_clients` and named groups. */
  readonly variables: string[];
}

/** Draws parts of directives. */
export class Values {
  readonly random: Random;
  readonly names: Names = { variables: [] };

  constructor(random: Random) {
    this.random = random;
  }

  segment(): string {
    return this.random.pick(SEGMENTS);
  }

  /** `/a/b`, with or without a slash or an extension at its end. */
  path(): string {
    const { random } = this;
    const count = random.pick([0, 1, 1, 1, 2, 2, 3]);
    const segments = Array.from({ length: count }, () => this.segment());
    const end = random.pick(['', '', '/', '/', random.pick(EXTENSIONS)]);
    return count === 0 ? '/' : `/${segments.join('/')}${end}`;
  }

  /** The name of a new or of an old variable for `set`. */
  newVariable(): string {
    const name = `v${this.random.below(3)}`;
    if (!this.names.variables.includes(name)) this.names.variables.push(name);
    return `$${name}`;
  }

  /** A variable with its `$`, no group of a regular expression by number. */
  namedVariable(): string {
    const { random } = this;
    const [own, ...more] = this.names.variables;
    if (own !== undefined && random.chance(0.35)) return `$${random.pick([own, ...more])}`;
    return `$${random.pick(VARIABLES)}`;
  }

  variable(): string {
    const { random } = this;
    return random.chance(0.15) ? `$${random.pick([1, 2, 3])}` : this.namedVariable();
  }

  literal(): string {
    return this.random.pick(LITERALS);
  }

  /** Text with variables, not yet a word. */
  plainText(): string {
    const { random } = this;
    const count = random.pick([1, 1, 2, 2, 3]);
    const between = random.pick(['', '|', '-', '/']);
    const pieces = Array.from({ length: count }, () => {
      if (random.chance(0.35)) return this.literal();
      const variable = this.variable();
      // `${1}` is not a group in nginx, but a variable that does not exist.
      const isGroup = /\d/.test(variable[1] ?? '');
      return (between === '' || random.chance(0.1)) && !isGroup
        ? `\${${variable.slice(1)}}`
        : variable;
    });
    return pieces.join(between === '' ? random.pick(['', ' ', '.']) : between);
  }

  /** Text with variables as a word. */
  text(): string {
    return word(this.plainText());
  }

  /** Text for an answer, where its own variables exist. */
  answerText(): string {
    if (this.random.chance(0.4)) return word(`s-$${this.random.pick(ANSWER_VARIABLES)}`);
    return this.text();
  }

  /** A path that may have variables and a query. */
  pathText(): string {
    const { random } = this;
    const path = this.path();
    const tail = random.pick(['', '', '', '$1', '$uri', '?x=1', '?$args', '?y=$1&z', '?']);
    // "//" in the path of an error page becomes one: docs/differences.md.
    return path.endsWith('/') && tail.startsWith('$') ? path : `${path}${tail}`;
  }

  /** A regular expression for a path, with groups more often than not; not yet a word. */
  pathPattern(): string {
    const { random } = this;
    const path = this.path().replaceAll('.', '\\.');
    const group = `n${random.below(2)}`;
    switch (random.below(9)) {
      case 0:
        return `^${path}`;
      case 1:
        return `^${path}$`;
      case 2:
        return `^${path.replace(/\/$/, '')}/(.*)$`;
      case 3:
        return `/(${this.segment()}|${this.segment()})(/|$)`;
      case 4:
        return `\\.(${random.pick(['png|html', 'txt', 'x', '[a-z]+'])})$`;
      case 5:
        if (!this.names.variables.includes(group)) this.names.variables.push(group);
        return `^/(?<${group}>[^/]+)/(.*)$`;
      case 6:
        return `(?i)${path}`;
      case 7:
        return `^/([a-z]{1,2})/?(.+)?$`;
      default:
        return random.pick(['^', '/', '^(.*)$', '^/(.)(.*)', 'b']);
    }
  }

  /** A regular expression for any value; not yet a word. */
  valuePattern(): string {
    const { random } = this;
    if (random.chance(0.2)) return this.pathPattern();
    return random.pick(['^a', 'b$', '^(.)(.*)$', '^/a', '[0-9]', '^$', '(o)(n)e', 'test$', '^P']);
  }
}
