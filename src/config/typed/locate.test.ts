import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Locator, type Step } from './locate.ts';

/** Where that part is, as `line:column`. */
function at(text: string, ...way: Step[]): string {
  const { line, column } = new Locator(text).find(way);
  return `${line}:${column}`;
}

test('properties and elements have the place of their key, or their beginning', () => {
  const text = `import { defineConfig } from 'weir';
// defineConfig({ not: 'this' })
export default defineConfig({
  http: {
    'server': [
      { listen: 80 }, /* { } */
      { listen: [81, 'default_server'], },
    ],
  },
});`;
  assert.equal(at(text), '3:29');
  assert.equal(at(text, 'http'), '4:3');
  assert.equal(at(text, 'http', 'server'), '5:5');
  assert.equal(at(text, 'http', 'server', 1), '7:7');
  assert.equal(at(text, 'http', 'server', 1, 'listen', 1), '7:22');
});

test('texts, templates, regular expressions and functions are stepped over', () => {
  const text = `export default defineConfig({
  a: 'it\\'s { ] "', b: \`x \${ { y: '}' }.y } [\`,
  c: (r) => { const re = /[/}]\\/"/g; return { x: r.a / 2, y: re }; }, d: <string>f({ z: 1 }),
  e() { return 1; }, ...more, 'f g': 4 / 2,
  h: 1,
});`;
  assert.equal(at(text, 'b'), '2:21');
  assert.equal(at(text, 'd'), '3:71');
  assert.equal(at(text, 'f g'), '4:31');
  assert.equal(at(text, 'h'), '5:3');
});

test('constants, arrow functions and brackets are followed', () => {
  const text = `const api: LocationBlock = {
  handler: () => 'x',
};
const http = { server: [{ location: { '/': api } }] } as const;
export default defineConfig(async () => ({
  http,
  events: ({ workerConnections: 1 }),
  main: http,
}));`;
  assert.equal(at(text, 'events', 'workerConnections'), '7:14');
  assert.equal(at(text, 'main', 'server', 0, 'location', '/', 'handler'), '2:3');
});

test('what an expression makes is where the expression is', () => {
  const text = `export default defineConfig({
  http: {
    server: names.map((name) => ({ listen: 80 })),
    location: { ...shared, '/': {} },
  },
});`;
  assert.equal(at(text, 'http', 'server', 3, 'listen'), '3:5');
  assert.equal(at(text, 'http', 'location', '/other'), '4:5');
});

test('no text makes it fail or hang', () => {
  const parts = ['{', '}', '[', ']', '(', ')', ',', ':', '`', '${', "'", '/', '*', '=>', 'a', '.'];
  let seed = 1;
  for (let round = 0; round < 3_000; round++) {
    let text = 'const a = {a}; export default defineConfig(';
    for (let i = 0; i < 30; i++) {
      seed = (seed * 48_271) % 2_147_483_647;
      text += parts[seed % parts.length];
    }
    const place = new Locator(text).find(['a', 0, 'a']);
    assert.ok(place.line >= 1 && place.column >= 1, text);
  }
});
