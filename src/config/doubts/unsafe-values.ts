/** Values that let a client say more than it should. */
import type { Problems } from '#src/schema/problem.ts';
import type { Scope } from '#src/schema/scope.ts';
import { type ConfigNode, placeOfWord, type Word } from '#src/schema/tree.ts';

/** Warns of directives of this very block. */
export function doubtValues(scope: Scope, problems: Problems): void {
  for (const node of scope.nodes) {
    doubtDecodedPath(node, problems);
    if (node.name === 'proxy_set_header') doubtClientHost(node, problems);
    if (node.name === 'set_real_ip_from') doubtEveryone(node, problems);
  }
  doubtAnyOrigin(scope, problems);
}

const DECODED = /\$\{?(uri|document_uri)\b\}?/i;

/** `$uri` is decoded: `%0d%0a` of the client has become a line break in it. */
function doubtDecodedPath(node: ConfigNode, problems: Problems): void {
  const word = textForOthers(node).find(({ text }) => DECODED.test(text));
  if (word === undefined) return;
  const name = DECODED.exec(word.text)?.[1]?.toLowerCase();
  const message = `"$${name}" in "${node.name}" is decoded: "%0d%0a" in a path has become a line break that begins another field, "%20" a blank`;
  problems.warn(
    placeOfWord(node, word),
    message,
    'use "$request_uri", which is as the client sent it',
  );
}

/** The words of a directive that go into a field of a message. */
function textForOthers({ name, words }: ConfigNode): readonly Word[] {
  const [first, second, flag] = words;
  if (name === 'return') return words.length === 1 || isRedirect(first) ? words.slice(-1) : [];
  if (name === 'add_header' || name === 'proxy_set_header')
    return second === undefined ? [] : [second];
  if (name !== 'rewrite' || second === undefined) return [];
  const leaves = flag?.text === 'redirect' || flag?.text === 'permanent' || isUrl(second);
  return leaves ? [second] : [];
}

function isUrl({ text }: Word): boolean {
  return /^(https?:\/\/|\$scheme)/.test(text);
}

function isRedirect(code: Word | undefined): boolean {
  return /^30[12378]$/.test(code?.text ?? '');
}

function doubtClientHost(node: ConfigNode, problems: Problems): void {
  const [name, value] = node.words;
  if (name?.text.toLowerCase() !== 'host' || value?.text !== '$http_host') return;
  const message =
    '"$http_host" is whatever the client sent: it need not be a name of this server, and is empty without the field';
  problems.warn(placeOfWord(node, value), message, 'use "$host", or "$host:$server_port"');
}

const EVERYONE: ReadonlySet<string> = new Set(['0.0.0.0/0', '::/0']);

function doubtEveryone(node: ConfigNode, problems: Problems): void {
  const [word] = node.words;
  if (word === undefined || !EVERYONE.has(word.text)) return;
  const message = `"set_real_ip_from ${word.text}" lets every client choose its own address`;
  problems.warn(placeOfWord(node, word), message, 'name the addresses of your proxies');
}

/** Whoever asks is allowed to read what the user's cookies give. */
function doubtAnyOrigin(scope: Scope, problems: Problems): void {
  const added = scope.own('add_header');
  const valueOf = (field: string): Word | undefined => {
    return added.find(({ words }) => words[0]?.text.toLowerCase() === field)?.words[1];
  };
  const origin = valueOf('access-control-allow-origin');
  const node = added.find(({ words }) => words[1] === origin);
  const credentials = valueOf('access-control-allow-credentials');
  if (origin?.text !== '$http_origin' || credentials?.text !== 'true' || node === undefined) return;
  const message =
    'every site may read what this answers to its visitors: any "Origin" is allowed, with credentials';
  problems.warn(placeOfWord(node, origin), message, 'choose the origins by "map $http_origin"');
}
