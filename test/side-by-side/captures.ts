// Configurations in which nginx 1.22 loses captures: a numbered one in a text with the variable of a
// map by regular expression, which has captures of its own.

/** `map` with what stands in it; the generator indents its lines. */
const MAPS = /^map .* \$(\w+) \{\n((?: .*\n)*)\}/gm;
const HAS_PATTERN = /^ +"?~/m;
const NUMBERED = /\$[1-9]/;
/** These make one text: nginx measures all of it before it puts it together. */
const OF_REQUEST = /^ *proxy_(?:set_header|set_body|pass) .*$/gm;

/** Whether a text of the configuration has both, so that its length may be that of other captures. */
export function mayLoseCaptures(text: string): boolean {
  const names = changingNames(text);
  if (names.length === 0) return false;
  const changing = new RegExp(String.raw`\$\{?(?:${names.join('|')})\b`);
  const texts = [...text.split('\n'), (text.match(OF_REQUEST) ?? []).join('\n')];
  return texts.some((one) => NUMBERED.test(one) && changing.test(one));
}

/** Variables of such maps, and of those that have one of them as a value or source. */
function changingNames(text: string): readonly string[] {
  const maps = [...text.matchAll(MAPS)];
  const names = maps.filter(([, , lines = '']) => HAS_PATTERN.test(lines)).map(([, name]) => name);
  for (const [whole, name] of maps) {
    const isOfOther = names.some((other) => new RegExp(String.raw`\$\{?${other}\b`).test(whole));
    if (isOfOther) names.push(name);
  }
  return names.filter((name) => name !== undefined);
}
