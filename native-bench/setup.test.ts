import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SystemClock } from '#src/base/clock.ts';
import { buildModel } from '#src/config/build.ts';
import { parse } from '#src/config/syntax/parser.ts';
import { Problems } from '#src/schema/problem.ts';
import { weirConfiguration } from './setup.ts';

const NAMES = {
  DIRECTORY: '/nowhere',
  THREADS: '1',
  PORT: '8080',
  ORIGIN: '127.0.0.1:9',
  ACCESS_LOG: 'off',
  BUFFERS: '',
};

describe('configuration of the bench', () => {
  it('is one that Weir runs, on the port and before the origin that were filled in', () => {
    const problems = new Problems();
    const nodes = parse(weirConfiguration(NAMES), 'bench.conf', problems);
    const tree = { file: '/bench.conf', prefix: '/', nodes, hosts: {}, errorLog: 'stderr' };
    const { model, problems: found } = buildModel({ ...tree, defaultPort: 1 }, new SystemClock());
    const all = [...problems.list, ...found];
    assert.deepEqual(
      all.filter(({ severity }) => severity !== 'notice'), // of nginx's directives without effect
      [],
    );
    assert.match(model?.listens[0]?.key ?? '', /127\.0\.0\.1:8080$/);
    assert.match(JSON.stringify(nodes), /127\.0\.0\.1:9"/);
  });

  it('has what it says for Weir, not what it says for nginx alone', () => {
    const text = weirConfiguration(NAMES);
    assert.match(text, /status_json;/);
    assert.doesNotMatch(text, /proxy_max_temp_file_size|@[A-Z]/);
  });

  it('a name without a value is an error, not a word of the configuration', () => {
    const { BUFFERS: _, ...others } = NAMES;
    assert.throws(() => weirConfiguration(others as typeof NAMES), /what is @BUFFERS@\?/);
  });
});
