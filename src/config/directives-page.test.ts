import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { camelName, directiveName } from '#src/config/typed/names.ts';
import { renderBlocks } from '#src/config/typed/render-blocks.ts';
import { renderDirectivesPage } from './directives-page.ts';
import { CHAPTERS } from './registry.ts';

const BLOCKS = join(import.meta.dirname, 'typed/blocks.ts');
const PAGE = join(import.meta.dirname, '../../docs/directives.md');

test('docs/directives.md is what the declarations say', () => {
  const page = renderDirectivesPage();
  if (process.env['WEIR_UPDATE_DOCS'] === '1') writeFileSync(PAGE, page);
  const advice = 'run this test with WEIR_UPDATE_DOCS=1 and commit docs/directives.md';
  assert.equal(readFileSync(PAGE, 'utf8'), page, advice);
});

test('the types of weir.config.ts are what the declarations say', () => {
  const text = renderBlocks();
  if (process.env['WEIR_UPDATE_DOCS'] === '1') writeFileSync(BLOCKS, text);
  const advice = 'run this test with WEIR_UPDATE_DOCS=1 and commit src/config/typed/blocks.ts';
  assert.equal(readFileSync(BLOCKS, 'utf8'), text, advice);
});

test('every name survives the way to TypeScript and back', () => {
  for (const directive of CHAPTERS.flatMap(({ sets }) =>
    sets.flatMap((set) => Object.values(set)),
  )) {
    assert.equal(directiveName(camelName(directive.name)), directive.name);
  }
});

test('every directive says what it does', () => {
  for (const directive of CHAPTERS.flatMap(({ sets }) =>
    sets.flatMap((set) => Object.values(set)),
  )) {
    assert.match(directive.doc, /^[A-Z*`].{15,}[.)]$/s, directive.name);
  }
});

test('no two declarations claim the same name in the same context', () => {
  const seen = new Set<string>();
  for (const directive of CHAPTERS.flatMap(({ sets }) =>
    sets.flatMap((set) => Object.values(set)),
  )) {
    for (const context of directive.contexts) {
      const key = `${directive.name} in ${context}`;
      assert.ok(!seen.has(key), key);
      seen.add(key);
    }
  }
});
