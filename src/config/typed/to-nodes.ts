/**
 * What `defineConfig` was given → the tree that nginx.conf would give, so that one set of checks and
 * one model serve both. Functions become words that name their place; those that stand for a text
 * become variables.
 */
import { findDirective, type Known } from '#src/config/registry.ts';
import {
  functionBalancerDirectives,
  functionDirectives,
  functionHandlerDirectives,
  functionVariableDirectives,
} from '#src/functions/directives.ts';
import type { AnyFunction, FunctionFacts } from '#src/functions/function-host.ts';
import type { Context } from '#src/schema/directive.ts';
import type { Place, Problems } from '#src/schema/problem.ts';
import type { ConfigNode, Word } from '#src/schema/tree.ts';
import { providerDirectives } from '#src/upstream/discovery/provider-directives.ts';
import type { Step } from './locate.ts';
import { directiveName } from './names.ts';
import { splitWords } from './words.ts';

/** The tree with the functions in it, in the order of `facts`. */
export interface TypedNodes {
  readonly nodes: readonly ConfigNode[];
  readonly facts: readonly FunctionFacts[];
  readonly functions: readonly AnyFunction[];
}

/** Where a part of the configuration is written. */
export type PlaceOf = (way: readonly Step[]) => Place;

type Fields = Readonly<Record<string, unknown>>;

/** Takes functions as they are. */
const FUNCTION_DIRECTIVES: ReadonlySet<string> = new Set([
  functionBalancerDirectives.balancer.name,
  functionHandlerDirectives.handler.name,
  functionDirectives.requestFilters.name,
  functionDirectives.responseBody.name,
  functionDirectives.responseFilters.name,
  functionVariableDirectives.variables.name,
  providerDirectives.providers.name,
]);
/** Take texts with `$names`, and so a function in place of one. */
export const TEXT_DIRECTIVES: ReadonlySet<string> = new Set([
  'add_header',
  'log_format',
  'map',
  'proxy_method',
  'proxy_set_body',
  'proxy_set_header',
  'return',
  'rewrite',
  'set',
]);
/** Whose blocks are lines of data about a variable. */
export const TABLES: ReadonlySet<string> = new Set(['geo', 'map', 'split_clients']);
/** Deeper is a mistake, or an object in itself. */
const MAX_DEPTH = 64;

/** Reads a configuration. What is wrong with the kind of a value is reported; nothing is thrown. */
export function toNodes(config: unknown, placeOf: PlaceOf, problems: Problems): TypedNodes {
  const reader = new TypedReader(placeOf, problems);
  const nodes = reader.readBlock(config, [], 'main');
  return { nodes: reader.withVariables(nodes), facts: reader.facts, functions: reader.functions };
}

class TypedReader {
  readonly facts: FunctionFacts[] = [];
  readonly functions: AnyFunction[] = [];
  readonly #placeOf: PlaceOf;
  readonly #problems: Problems;
  readonly #variables: ConfigNode[] = [];

  constructor(placeOf: PlaceOf, problems: Problems) {
    this.#placeOf = placeOf;
    this.#problems = problems;
  }

  /** Functions that stand for texts are variables of `http`. */
  withVariables(nodes: readonly ConfigNode[]): readonly ConfigNode[] {
    if (this.#variables.length === 0) return nodes;
    return nodes.map((node) => {
      if (node.name !== 'http' || node.block === undefined) return node;
      return { ...node, block: [...this.#variables, ...node.block] };
    });
  }

  /** The directives of one block: an object, or several that are read in order. */
  readBlock(given: unknown, way: readonly Step[], context: Context): ConfigNode[] {
    if (way.length > MAX_DEPTH) {
      this.#refuse(way, `the configuration is nested deeper than ${MAX_DEPTH}`);
      return [];
    }
    if (Array.isArray(given)) {
      return given.flatMap((one: unknown, i) => this.readBlock(one, [...way, i], context));
    }
    if (!isFields(given)) {
      const what = way.length === 0 ? 'the configuration' : `"${String(way.at(-1))}"`;
      this.#refuse(way, `${what} must be an object of directives, not ${kindOf(given)}`);
      return [];
    }
    return Object.entries(given).flatMap(([key, value]) => {
      return this.#read(key, value, [...way, key], context);
    });
  }

  #read(key: string, value: unknown, way: readonly Step[], context: Context): ConfigNode[] {
    if (value === undefined) return [];
    const name = directiveName(key);
    if (name === 'include')
      return this.#occurrences(value, way, (one, at) => this.#plain(name, one, at, 1));
    const known = findDirective(name, context);
    if (known === undefined || known.kind === 'not-built') return [this.#node(name, [], way)];
    if (known.kind === 'inert' || known.directive.opens === undefined) {
      return this.#directive(name, value, way, known);
    }
    const { opens } = known.directive;
    if (TABLES.has(name)) return this.#tables(name, value, way);
    if (name === 'types') return [this.#types(value, way)];
    const { maxWords } = known.directive.argument;
    if (maxWords > 0) return this.#named(name, value, way, opens);
    // `server: [ {…}, {…} ]` are two servers; elsewhere a list is one block in parts.
    if (known.directive.repeat === true && Array.isArray(value)) {
      return value.map((one: unknown, i) => {
        const at = [...way, i];
        return this.#node(name, [], at, this.readBlock(one, at, opens));
      });
    }
    return [this.#node(name, [], way, this.readBlock(value, way, opens))];
  }

  /** Blocks with words: `location: { '= /x': {…} }`, `upstream: { api: {…} }`. */
  #named(name: string, value: unknown, way: readonly Step[], opens: Context): ConfigNode[] {
    if (Array.isArray(value)) {
      return value.flatMap((one: unknown, i) => this.#named(name, one, [...way, i], opens));
    }
    if (!isFields(value)) {
      const message = `"${String(way.at(-1))}" must be an object of names and blocks`;
      this.#refuse(way, `${message}, not ${kindOf(value)}`);
      return [];
    }
    return Object.entries(value).flatMap(([head, block]) => {
      if (block === undefined) return [];
      const at = [...way, head];
      return [this.#node(name, headWords(name, head), at, this.readBlock(block, at, opens))];
    });
  }

  /** `map: { $name: { from: '$host', default: …, values: {…} } }`, and its like. */
  #tables(name: string, value: unknown, way: readonly Step[]): ConfigNode[] {
    if (!isFields(value)) {
      this.#refuse(way, `"${name}" must be an object of variables, not ${kindOf(value)}`);
      return [];
    }
    return Object.entries(value).flatMap(([variable, given]) => {
      const at = [...way, variable];
      if (!isFields(given)) {
        this.#refuse(at, `"${variable}" must be { from, values }, not ${kindOf(given)}`);
        return [];
      }
      const { from, values, ...rest } = given;
      const words = from === undefined ? [] : this.#words(name, from, [...at, 'from'], 1);
      const variableName = variable.startsWith('$') ? variable : `$${variable}`;
      const lines = [
        ...Object.entries(rest).flatMap(([key, one]) => this.#line(name, key, one, [...at, key])),
        ...Object.entries(isFields(values) ? values : {}).flatMap(([key, one]) => {
          return this.#line(name, key, one, [...at, 'values', key]);
        }),
      ];
      return [this.#node(name, [...words, variableName], at, lines)];
    });
  }

  #line(name: string, key: string, value: unknown, way: readonly Step[]): ConfigNode[] {
    if (value === undefined || value === false) return [];
    if (value === true) return [this.#node(key, [], way)];
    return [this.#node(key, this.#words(name, value, way, 1), way)];
  }

  /** `types: { 'text/html': ['html', 'htm'] }`. */
  #types(value: unknown, way: readonly Step[]): ConfigNode {
    const lines = Object.entries(isFields(value) ? value : {}).map(([type, extensions]) => {
      const at = [...way, type];
      return this.#node(type, this.#words('types', extensions, at, Number.POSITIVE_INFINITY), at);
    });
    if (!isFields(value)) this.#refuse(way, '"types" must be an object of media types');
    return this.#node('types', [], way, lines);
  }

  #directive(
    name: string,
    value: unknown,
    way: readonly Step[],
    known: Exclude<Known, { kind: 'not-built' }>,
  ): ConfigNode[] {
    const repeats = known.kind === 'built' && known.directive.repeat === true;
    const { maxWords } = known.kind === 'built' ? known.directive.argument : known.directive;
    const plain = (one: unknown, at: readonly Step[]) => this.#plain(name, one, at, maxWords);
    if (!repeats) return plain(value, way);
    if (!isFields(value)) return this.#occurrences(value, way, plain);
    // `{ name: value }`: each entry is one occurrence, its value one argument.
    return Object.entries(value).flatMap(([first, rest]) => {
      const at = [...way, first];
      if (rest === undefined) return [];
      const head = FUNCTION_DIRECTIVES.has(name) && !first.startsWith('$') ? `$${first}` : first;
      return [this.#node(name, [head, ...this.#words(name, rest, at, 1)], at)];
    });
  }

  #occurrences(
    value: unknown,
    way: readonly Step[],
    read: (one: unknown, at: readonly Step[]) => ConfigNode[],
  ): ConfigNode[] {
    if (!Array.isArray(value)) return read(value, way);
    return value.flatMap((one: unknown, i) => read(one, [...way, i]));
  }

  #plain(name: string, value: unknown, way: readonly Step[], maxWords: number): ConfigNode[] {
    if (value === undefined) return [];
    if (maxWords === 0) {
      if (typeof value !== 'boolean') this.#refuse(way, `"${String(way.at(-1))}" is true or false`);
      return value === true ? [this.#node(name, [], way)] : [];
    }
    return [this.#node(name, this.#words(name, value, way, maxWords), way)];
  }

  /** The arguments: a list as it is, a text as nginx.conf would split it. */
  #words(name: string, value: unknown, way: readonly Step[], maxWords: number): string[] {
    if (Array.isArray(value)) {
      return value.flatMap((one: unknown, i) => this.#words(name, one, [...way, i], 1));
    }
    switch (typeof value) {
      case 'boolean':
        return [value ? 'on' : 'off'];
      case 'number':
        return [String(value)];
      case 'function':
        return [this.#function(name, value as AnyFunction, way)];
      case 'string': {
        if (maxWords <= 1) return [value];
        const words = splitWords(value);
        if (words !== undefined) return words;
        this.#refuse(way, `"${value}" is no row of arguments`, 'give a list: one text for each');
        return [];
      }
      default:
        this.#refuse(way, `"${name}" cannot be ${kindOf(value)}`, KINDS);
        return [];
    }
  }

  #function(name: string, run: AnyFunction, way: readonly Step[]): string {
    const path = pathOf(way);
    const place = this.#placeOf(way);
    if (!FUNCTION_DIRECTIVES.has(name) && !TEXT_DIRECTIVES.has(name)) {
      this.#refuse(way, `"${name}" takes no function`, 'it is decided when the file is read');
      return '';
    }
    const isNamed = run.name !== '' && !way.includes(run.name);
    this.facts.push({ path, name: isNamed ? run.name : path, ...place });
    this.functions.push(run);
    if (FUNCTION_DIRECTIVES.has(name)) return path;
    const variable = `weir_function_${this.functions.length}`;
    const words = [`$${variable}`, path];
    this.#variables.push(this.#node(functionVariableDirectives.variables.name, words, way));
    return `\${${variable}}`;
  }

  #node(
    name: string,
    texts: readonly string[],
    way: readonly Step[],
    block?: readonly ConfigNode[],
  ): ConfigNode {
    const place = this.#placeOf(way);
    const { line, column } = place;
    const words: Word[] = texts.map((text) => ({ text, line, column }));
    return { name, words, ...place, ...(block === undefined ? {} : { block }) };
  }

  #refuse(way: readonly Step[], message: string, advice?: string): void {
    this.#problems.emerg(this.#placeOf(way), message, advice);
  }
}

const KINDS = 'it is a text, a number, true or false, or a list of these';

/** `= /x` → `=`, `/x`; what is behind the modifier stays as it is, blanks and braces included. */
function headWords(name: string, head: string): string[] {
  if (name === 'location') {
    const found = /^(=|~\*|~|\^~)\s+(.*)$/s.exec(head);
    return found === null ? [head] : [found[1] ?? '', found[2] ?? ''];
  }
  if (name !== 'if') return [head];
  const words = splitWords(head) ?? [head];
  if (head.startsWith('(')) return words;
  return words.map((word, i) => `${i === 0 ? '(' : ''}${word}${i === words.length - 1 ? ')' : ''}`);
}

/** `http.server[0].location["/x"].handler`. */
export function pathOf(way: readonly Step[]): string {
  return way
    .map((step, i) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^[A-Za-z_$][\w$]*$/.test(step)) return `[${JSON.stringify(step)}]`;
      return i === 0 ? step : `.${step}`;
    })
    .join('');
}

function isFields(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Promise) return 'a promise';
  if (typeof value === 'object') return `an object of kind ${value.constructor?.name ?? 'unknown'}`;
  return typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`;
}
