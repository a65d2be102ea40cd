// The requirements and the wire cases name each other, without gaps on either side.

import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { REQUIREMENTS } from './requirements.ts';
import { collectCases } from './wire-registry.ts';

const FOLDER = import.meta.dirname;
const files = globSync('*.test.ts', { cwd: FOLDER })
  .filter((file) => file !== 'requirements.test.ts')
  .sort();
const CASES = await collectCases(files.map((file) => pathToFileURL(`${FOLDER}/${file}`)));
const IDS = new Set(REQUIREMENTS.map(({ id }) => id));
const RFC_ID = /^91(?:10|12)-\d+(?:\.\d+)*-\d+$/;
const FEATURE_ID = /^[A-Z][A-Z0-9]-\d\d$/;

function isNamed(title: string, names: readonly string[]): boolean {
  return names.some((name) =>
    name.endsWith('*') ? title.startsWith(name.slice(0, -1)) : title === name,
  );
}

describe('the requirements of RFC 9112 and RFC 9110', () => {
  it('have ids of one form, each once', () => {
    for (const { id } of REQUIREMENTS) assert.ok(RFC_ID.test(id) || FEATURE_ID.test(id), id);
    assert.equal(IDS.size, REQUIREMENTS.length);
  });

  it('have a case each, or a reason', () => {
    for (const requirement of REQUIREMENTS) {
      const { id } = requirement;
      if ('noCase' in requirement) assert.notEqual(requirement.noCase, '', id);
      else assert.notEqual(requirement.cases.length, 0, id);
    }
  });

  it('name cases that there are, and that show them', () => {
    for (const requirement of REQUIREMENTS) {
      const { id } = requirement;
      if ('noCase' in requirement) continue;
      for (const name of requirement.cases) {
        const found = CASES.filter(({ title }) => isNamed(title, [name]));
        assert.notEqual(found.length, 0, `${id} names "${name}", which is no case`);
        for (const { title, shows } of found) {
          assert.ok(shows.includes(id), `${id} names "${title}", which does not show it`);
        }
      }
    }
  });
});

describe('the wire cases', () => {
  it('are there, each under a title of its own', () => {
    assert.ok(CASES.length > 300, `${CASES.length} cases`);
    const titles = new Set<string>();
    for (const { title } of CASES) {
      assert.ok(!titles.has(title), `two cases "${title}"`);
      titles.add(title);
    }
  });

  it('show requirements that there are, and that name them', () => {
    const byId = new Map(REQUIREMENTS.map((requirement) => [requirement.id, requirement]));
    for (const { title, shows } of CASES) {
      assert.notEqual(shows.length, 0, `"${title}" shows nothing`);
      for (const id of shows) {
        const requirement = byId.get(id);
        assert.ok(requirement !== undefined, `"${title}" shows ${id}, which is no requirement`);
        const names = 'noCase' in requirement ? [] : requirement.cases;
        assert.ok(isNamed(title, names), `${id} does not name "${title}"`);
      }
    }
  });
});
