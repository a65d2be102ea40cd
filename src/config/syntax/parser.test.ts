import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Problems } from '#src/schema/problem.ts';
import type { ConfigNode } from '#src/schema/tree.ts';
import { parse } from './parser.ts';
import { print } from './print.ts';

/** Names and words of a tree without places, for comparing meanings. */
type Bare = [name: string, words: string[], block?: Bare[]];

function bare(nodes: readonly ConfigNode[]): Bare[] {
  return nodes.map(({ name, words, block }) => {
    const texts = words.map((word) => word.text);
    return block === undefined ? [name, texts] : [name, texts, bare(block)];
  });
}

function read(text: string): { tree: Bare[]; nodes: ConfigNode[]; problems: string[] } {
  const problems = new Problems();
  const nodes = parse(text, 'f', problems);
  const lines = problems.list.map((p) => `${p.line}:${p.column} ${p.message}`);
  return { tree: bare(nodes), nodes, problems: lines };
}

function readWell(text: string): Bare[] {
  const { tree, problems } = read(text);
  assert.deepEqual(problems, []);
  return tree;
}

test('directives and blocks become nodes', () => {
  assert.deepEqual(readWell('a;b c  d{e f;}\n'), [
    ['a', []],
    ['b', ['c', 'd'], [['e', ['f']]]],
  ]);
});

test('every node and word knows its line and column', () => {
  const [, server] = read('a;\n  server b\n\t"c" {}').nodes;
  assert.deepEqual([server?.line, server?.column], [2, 3]);
  assert.deepEqual(server?.words, [
    { text: 'b', line: 2, column: 10 },
    { text: 'c', line: 3, column: 2 },
  ]);
});

test('a comment begins at the start of a word only', () => {
  assert.deepEqual(readWell('a b#c; # d; {\ne;#f'), [
    ['a', ['b#c']],
    ['e', []],
  ]);
});

test('quotes keep blanks, marks and line breaks together', () => {
  assert.deepEqual(readWell(`a "b ; { } # c" 'd "e"' "" "x\ny";`), [
    ['a', ['b ; { } # c', 'd "e"', '', 'x\ny']],
  ]);
});

test('a quote inside a word is part of it', () => {
  assert.deepEqual(readWell(`a b"c" d'e;`), [['a', ['b"c"', "d'e"]]]);
});

test('backslashes: quotes, blanks and control characters as nginx takes them', () => {
  assert.deepEqual(readWell(String.raw`a "\"" '\'' \\ b\ c \.php$ "\t\n" d\;e \{;`), [
    ['a', ['"', "'", '\\', 'b\\ c', '\\.php$', '\t\n', 'd\\;e', '\\{']],
  ]);
});

test('${name} does not open a block', () => {
  assert.deepEqual(readWell('a ${b}c $d${e};'), [['a', ['${b}c', '$d${e}']]]);
  assert.deepEqual(readWell('a ${{;'), [['a', ['${{']]]);
  assert.deepEqual(readWell('if $d{e;}'), [['if', ['$d'], [['e', []]]]]);
});

test('a closing bracket may touch a closing quote', () => {
  assert.deepEqual(readWell('if ($a = "b") {}'), [['if', ['($a', '=', 'b', ')'], []]]);
});

test('CRLF ends lines like LF', () => {
  const { nodes, problems } = read('a b;\r\nc {\r\n  d;\r\n}\r\n');
  assert.deepEqual(problems, []);
  assert.deepEqual(nodes[1]?.block?.[0]?.line, 3);
});

const MISTAKES: readonly (readonly [text: string, ...problems: string[]])[] = [
  ['}', '1:1 unexpected "}"'],
  ['a;\n}\nb;', '2:1 unexpected "}"'],
  [';', '1:1 unexpected ";"'],
  ['a;;', '1:3 unexpected ";"'],
  ['a {\n  b\n}', '3:1 unexpected "}"'],
  ['{ a; }', '1:1 unexpected "{"'],
  ['a {\n  b;\n', '3:1 unexpected end of file, expecting "}"'],
  ['a b', '1:4 unexpected end of file, expecting ";" or "}"'],
  ['a "b"c;', '1:6 unexpected "c"'],
  ['a;\nb "c', '2:3 unexpected end of file: the string that begins here has no closing quote'],
  ['a { b }\n}\n;', '1:7 unexpected "}"', '2:1 unexpected "}"', '3:1 unexpected ";"'],
];

for (const [text, ...expected] of MISTAKES) {
  test(`mistakes are all told with their places: ${JSON.stringify(text)}`, () => {
    assert.deepEqual(read(text).problems, expected);
  });
}

test('after a missing semicolon the rest is read as it stands', () => {
  assert.deepEqual(read('a { b c }\nd;').tree, [
    ['a', [], [['b', ['c']]]],
    ['d', []],
  ]);
});

test('nesting is bounded', () => {
  const { problems } = read('a{'.repeat(50_000) + '}'.repeat(50_000));
  assert.match(problems[0] ?? '', /nested deeper than 32/);
});

/** Text made of what the grammar cares about, so that most of it is nearly right. */
const confText = fc
  .array(
    fc.oneof(
      fc.constantFrom(' ', '\n', '\r\n', '\t', ';', '{', '}', '"', "'", '\\', '#', '$', '${', ')'),
      fc.string({ maxLength: 4 }),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

test('any text is read without throwing, and printing what was read reads back the same', () => {
  fc.assert(
    fc.property(confText, (text) => {
      const { tree, nodes } = read(text);
      const printed = print(nodes);
      assert.deepEqual(readWell(printed), tree);
      assert.equal(print(read(printed).nodes), printed);
    }),
    { numRuns: 3_000 },
  );
});

test('places lie inside the text', () => {
  fc.assert(
    fc.property(confText, (text) => {
      const lines = text.split('\n');
      const problems = new Problems();
      const visit = (nodes: readonly ConfigNode[]): void => {
        for (const node of nodes) {
          for (const at of [node, ...node.words]) {
            assert.ok(at.column >= 1 && at.column <= (lines[at.line - 1]?.length ?? 0));
          }
          visit(node.block ?? []);
        }
      };
      visit(parse(text, 'f', problems));
      for (const { line, column } of problems.list) {
        assert.ok(column >= 1 && column <= (lines[line - 1]?.length ?? 0) + 1);
      }
    }),
    { numRuns: 1_000 },
  );
});
