/**
 * Masks what only the edge should know, so that a configuration can be shown: passwords in URLs, keys
 * and tokens in fields, queries, variables, conditions and tables. What stays can be read again: names of
 * captures are kept, and keys of tables stay different.
 */
import type { ConfigNode, Word } from '#src/schema/tree.ts';

/** Stands for a secret; means itself in a value and in a regular expression. */
const MASK = '<secret>';

/** Fields and variables that hold secrets. */
const NAME =
  /authorization|password|passwd|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential/i;
const COOKIE = /^(set-)?cookie$/i;
const FLAG = /^(on|off|yes|no|true|false|\d?|\$\w+)$/i;

/** `scheme://user:password@` */
const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@$]*:)[^\s/@$]+(?=@)/gi;
/** `token=…`, `"password": "…"`; a value that is a variable stays. */
const PAIR =
  /((?:password|passwd|pwd|secret|token|api[-_]?key|access[-_]?key|signature)["']?\s*[=:]\s*["']?)[^\s"'&;,}$][^\s"'&;,}]*/gi;

/** Paths and hosts: what they match is no secret. */
const MATCHERS: ReadonlySet<string> = new Set(['location', 'server_name', 'listen']);
/** `name value` */
const SETTERS: ReadonlySet<string> = new Set(['proxy_set_header', 'add_header', 'set']);

/** The tree without secrets. */
export function withoutSecrets(nodes: readonly ConfigNode[]): readonly ConfigNode[] {
  return nodes.map((node) => {
    const words = maskedWords(node);
    if (node.block === undefined) return { ...node, words };
    const block = isTable(node) ? maskedLines(node) : withoutSecrets(node.block);
    return { ...node, words, block };
  });
}

function maskedWords(node: ConfigNode): readonly Word[] {
  const { name, words } = node;
  if (MATCHERS.has(name)) return words;
  if (name === 'if') return maskedCondition(words);
  if (!SETTERS.has(name)) return words.map(maskedWord);
  return words.map((word, i) => {
    const field = words[0]?.text ?? '';
    if (i !== 1) return word;
    if (COOKIE.test(field)) return { ...word, text: maskedCookie(word.text) };
    return NAME.test(field) ? { ...word, text: maskedValue(word.text) } : maskedWord(word);
  });
}

function maskedWord(word: Word): Word {
  const text = word.text.replace(URL_PASSWORD, `$1${MASK}`).replace(PAIR, `$1${MASK}`);
  return text === word.text ? word : { ...word, text };
}

/** `Bearer abc` → `Bearer <secret>`; what consists of variables is no secret yet. */
function maskedValue(text: string): string {
  const scheme = /^(basic|bearer|digest|token)\s+/i.exec(text)?.[0] ?? '';
  const rest = text.slice(scheme.length);
  const constant = rest.replace(/\$(\w+|\{\w+\})/g, '').trim();
  return constant === '' || FLAG.test(rest) ? text : `${scheme}${MASK}`;
}

/** The value of the first pair: the rest of a `Set-Cookie` says how long and where it is kept. */
function maskedCookie(text: string): string {
  return text.replace(/^([^=;]+=)[^;$]+/, `$1${MASK}`);
}

/** `($arg_token = abc)`: what a secret variable is compared with. */
function maskedCondition(words: readonly Word[]): readonly Word[] {
  const at = words.findIndex(({ text }) => /^!?(=|~\*?)$/.test(text));
  const isAboutSecret = words.slice(0, at).some(({ text }) => NAME.test(text));
  const operator = words[at]?.text ?? '';
  return words.map((word, i) => {
    if (i !== at + 1 || at < 0) return word;
    const closing = i === words.length - 1 && word.text.endsWith(')') ? ')' : '';
    const operand = word.text.slice(0, word.text.length - closing.length);
    if (!isAboutSecret || FLAG.test(operand)) return maskedWord(word);
    const mask = operator.includes('~') ? maskedPattern(operand, MASK) : MASK;
    return { ...word, text: `${mask}${closing}` };
  });
}

/** Named captures are variables elsewhere: they stay known. */
function maskedPattern(source: string, mask: string): string {
  const names = [...source.matchAll(/\(\?P?<(\w+)>/g)].map(([, name]) => `(?<${name}>)`);
  return `${mask}${names.join('')}`;
}

function isTable({ name, words }: ConfigNode): boolean {
  return name === 'map' && words.length === 2;
}

const TABLE_WORDS: ReadonlySet<string> = new Set(['default', 'hostnames', 'volatile']);

/** A `map` from a secret has secret keys, one to a secret variable secret values. */
function maskedLines({ words, block = [] }: ConfigNode): readonly ConfigNode[] {
  const [source = '', variable = ''] = words.map(({ text }) => text);
  const hasSecretKeys = NAME.test(source);
  const hasSecretValues = NAME.test(variable);
  let count = 0;
  return block.map((line) => {
    const values = line.words.map((word) => {
      return hasSecretValues ? { ...word, text: maskedValue(word.text) } : maskedWord(word);
    });
    const isKey = hasSecretKeys && !TABLE_WORDS.has(line.name) && line.name !== '';
    if (!isKey) return { ...line, words: values };
    const mask = `<secret-${++count}>`;
    const operator = /^~\*?/.exec(line.name)?.[0];
    const key = operator === undefined ? mask : `${operator}${maskedPattern(line.name, mask)}`;
    return { ...line, name: key, words: values };
  });
}
