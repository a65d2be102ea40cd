// Generated steps of the rewrite module, and `return`.

import { block, type ConfNode, directive, word } from './conf-node.ts';
import { errorPage, type Place } from './settings.ts';
import type { Values } from './values.ts';

/** `rewrite`, `set`, `if`, `break`, `return` for a server or a location. */
export function rewriteStep(values: Values, place: Place): ConfNode {
  const { random } = values;
  const kind = random.below(10);
  if (kind < 3) return set(values);
  if (kind < 6) return rewrite(values);
  if (kind < 9) return condition(values, place);
  return random.chance(0.5) ? directive('break') : set(values);
}

function set(values: Values): ConfNode {
  const { random } = values;
  const text = values.text();
  // No blank: it would be in the request line (docs/differences.md).
  const query = random.pick(['n=1&$args', 'x', '$arg_a', '$query_string&z', '']);
  if (random.chance(0.08)) return directive('set', '$args', word(query));
  return directive('set', values.newVariable(), random.chance(0.1) ? '""' : text);
}

function rewrite(values: Values): ConfNode {
  const { random } = values;
  const pattern = word(values.pathPattern());
  const target = random.chance(0.1)
    ? random.pick(['http://else.test/$1', 'https://$host$uri', '$scheme://$host/$1?'])
    : values.pathText();
  const flag = random.pick(['', '', 'last', 'last', 'break', 'break', 'redirect', 'permanent']);
  return directive('rewrite', pattern, word(target), ...(flag === '' ? [] : [flag]));
}

function condition(values: Values, place: Place): ConfNode {
  const { random } = values;
  const content: ConfNode[] = [];
  for (let count = random.pick([0, 1, 1, 1, 2]); count > 0; count--) {
    const made = insideIf(values, place);
    const isTwice = made.name === 'proxy_pass' && content.some(({ name }) => name === made.name);
    if (!isTwice) content.push(made);
  }
  return block('if', [`(${test(values)})`], content);
}

function test(values: Values): string {
  const { random } = values;
  const variable = values.namedVariable();
  const operator = random.pick([
    '',
    '=',
    '=',
    '!=',
    '~',
    '~',
    '~*',
    '!~',
    '!~*',
    '-f',
    '!-e',
    '-d',
  ]);
  if (operator === '') return variable;
  if (operator.includes('-'))
    return `${operator} ${random.pick(['/etc', '/etc/hostname', '/none', '$uri'])}`;
  if (operator.includes('~')) return `${variable} ${operator} ${quoted(values.valuePattern())}`;
  return `${variable} ${operator} ${quoted(random.chance(0.7) ? values.literal() : values.plainText())}`;
}

/** In a condition `)` ends it: what has one, or a brace, is quoted. */
function quoted(text: string): string {
  return /^[\w/.$^]+$/.test(text) ? text : word(text).replace(/^([^"].*)$/s, '"$1"');
}

function insideIf(values: Values, place: Place): ConfNode {
  const { random } = values;
  const kind = random.below(place.level === 'location' ? 10 : 6);
  if (kind < 2) return set(values);
  if (kind < 4) return rewrite(values);
  if (kind === 4) return answer(values);
  if (kind === 5) return directive('break');
  if (kind === 6) return directive('add_header', 'X-If', values.answerText(), 'always');
  if (kind === 7) return errorPage(values, place);
  return directive('proxy_pass', 'http://ORIGIN');
}

/** `return` in all its forms. */
export function answer(values: Values): ConfNode {
  const { random } = values;
  const kind = random.below(10);
  if (kind < 4)
    return directive(
      'return',
      random.pick(['200', '200', '201', '404', '418', '503']),
      values.text(),
    );
  if (kind < 7) {
    return directive(
      'return',
      random.pick([
        '200',
        '201',
        '204',
        '400',
        '403',
        '404',
        '404',
        '405',
        '410',
        '418',
        '500',
        '502',
        '503',
        '304',
        '444',
        '599',
      ]),
    );
  }
  const code = random.pick(['301', '302', '303', '307', '308']);
  if (kind === 7)
    return directive(
      'return',
      random.pick(['http://else.test/x', 'https://$host$request_uri', '$scheme://$host/r']),
    );
  return directive(
    'return',
    code,
    word(random.pick([values.pathText(), 'http://else.test$uri', '$uri', 'rel/x'])),
  );
}
