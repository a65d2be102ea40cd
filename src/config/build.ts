/** A whole configuration, checked and compiled: what reads files, or explains, does. */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { compilePattern } from '#src/pattern/pattern.ts';
import type { ConfigNode } from '#src/schema/tree.ts';
import { type BuiltModel, buildModelWith, type Identity } from './model-builder.ts';
import type { ConfigTree } from './tree.ts';

type Rest = Parameters<typeof buildModelWith> extends [unknown, ...infer Others] ? Others : never;

/** Checks a tree and compiles it, regular expressions included: see `buildModelWith`. */
export function buildModel(...what: Rest): BuiltModel {
  return buildModelWith({ compilePattern, identify }, ...what);
}

function identify(tree: ConfigTree): Identity {
  return { hash: hashOf(tree), pseudonym: pseudonymOf(hostname(), tree) };
}

/** The same for all generations and threads of one instance, another one for any other instance. */
function pseudonymOf(host: string, { file }: ConfigTree): string {
  const digest = createHash('sha1')
    .update(`${host}\n${resolve(file)}`)
    .digest('hex');
  return `weir-${digest.slice(0, 8)}`;
}

/** First 12 hex digits of a SHA-256 over what the files say, comments and spacing apart. */
export function hashOf(tree: ConfigTree): string {
  const parts: string[] = [];
  addParts(tree.nodes, parts);
  for (const { text } of tree.program?.modules ?? []) parts.push(text);
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 12);
}

/** Names and words; what ends a directive or a block is no word that can be written. */
function addParts(nodes: readonly ConfigNode[], parts: string[]): void {
  for (const { name, words, block } of nodes) {
    parts.push(name);
    for (const { text } of words) parts.push(text);
    if (block === undefined) {
      parts.push('\0;');
      continue;
    }
    parts.push('\0{');
    addParts(block, parts);
    parts.push('\0}');
  }
}
