// Configurations given as text, for tests of what they are built to.

import assert from 'node:assert/strict';
import { buildModel } from '#src/config/build.ts';
import type { Model } from '#src/config/model.ts';
import { parse } from '#src/config/syntax/parser.ts';
import type { ConfigTree } from '#src/config/tree.ts';
import { formatProblem, Problems } from '#src/schema/problem.ts';

/** The tree of a text, as if read from `/p/conf/w.conf`. */
export function treeOf(text: string): ConfigTree {
  const problems = new Problems();
  const nodes = parse(text, 'w.conf', problems);
  assert.deepEqual(problems.list, []);
  return {
    file: '/p/conf/w.conf',
    prefix: '/p',
    nodes,
    hosts: { localhost: ['127.0.0.1', '::1'], 'app.test': ['192.0.2.7'] },
    errorLog: 'stderr',
    defaultPort: 80,
  };
}

/** What a text is built to, with its problems as lines. */
export function build(text: string): { model: Model | undefined; problems: string[] } {
  const { model, problems } = buildModel(treeOf(text));
  return { model, problems: problems.map(formatProblem) };
}

/** The model of a text without any problem. */
export function buildWell(text: string): Model {
  const { model, problems } = build(text);
  assert.deepEqual(problems, []);
  assert.ok(model);
  return model;
}

/** The first location (or the server itself) of a server with that body. */
export function locationOf(body: string, http = ''): Model['servers'][number]['fallback'] {
  const [server] = buildWell(`http { ${http} server { listen 80; ${body} } }`).servers;
  assert.ok(server);
  return server.locations[0] ?? server.fallback;
}
