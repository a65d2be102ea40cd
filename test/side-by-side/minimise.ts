// What differs, made as small as it can be while it still differs in the same way.

import type { Both, Findings } from './both.ts';
import { type ConfNode, render, smaller } from './conf-node.ts';
import { unexplained } from './differences.ts';
import type { Configuration } from './random-configuration.ts';
import { type Asked, type Dialogue, requestText } from './random-request.ts';

/** The smallest configuration with the fewest requests that give the same sign. */
export interface Smallest {
  readonly configuration: Configuration;
  readonly findings: Findings;
  /** See `signOf`. */
  readonly sign: string;
}

/** By what two findings count as the same one; '' when nothing differs. Of several the first. */
export function signOf({ differences, refusals }: Findings, nodes: readonly ConfNode[]): string {
  if (refusals.nginx !== '' && refusals.weir === '') return 'nginx refuses';
  if (refusals.weir !== '' && refusals.nginx === '') {
    return `weir refuses: ${refusals.weir.replace(/\d+/g, 'N')}`;
  }
  const text = render(nodes);
  for (const difference of differences) {
    const [part] = unexplained(difference, text);
    if (part === undefined) continue;
    return part.what === 'status' ? `${part.nginx} | ${part.weir}` : part.what;
  }
  return '';
}

/**
 * Reduces one dialogue of a configuration (where it needs those before it, with them), or none when
 * the text itself is judged differently. Undefined when it does not differ again.
 */
export async function minimise(
  both: Both,
  { nodes, dialogues }: Configuration,
  dialogue: Dialogue | undefined,
): Promise<Smallest | undefined> {
  let configuration: Configuration = { nodes, dialogues: dialogue === undefined ? [] : [dialogue] };
  let findings = await both.run(configuration);
  let sign = signOf(findings, nodes);
  if (sign === '' && dialogue !== undefined) {
    configuration = { nodes, dialogues: dialogues.slice(0, dialogues.indexOf(dialogue) + 1) };
    findings = await both.run(configuration);
    sign = signOf(findings, nodes);
  }
  if (sign === '') return undefined;
  const shrink = async (candidates: readonly Configuration[]): Promise<boolean> => {
    for (const candidate of candidates) {
      const found = await both.run(candidate);
      if (signOf(found, candidate.nodes) !== sign) continue;
      configuration = candidate;
      findings = found;
      return true;
    }
    return false;
  };
  let isSmaller = true;
  while (isSmaller) {
    const now = configuration;
    const lessAsked = lessDialogues(now.dialogues).map((less) => ({ ...now, dialogues: less }));
    const lessText = smaller(now.nodes).map((less) => ({ ...now, nodes: less }));
    isSmaller = (await shrink(lessAsked)) || (await shrink(lessText));
  }
  return { configuration, findings, sign };
}

/** Fewer dialogues, then fewer requests, then requests with less in them. */
function lessDialogues(dialogues: readonly Dialogue[]): (readonly Dialogue[])[] {
  const fewer = dialogues.length < 2 ? [] : dialogues.map((_, at) => dialogues.toSpliced(at, 1));
  return [
    ...fewer,
    ...dialogues.flatMap((one, at) => shorter(one).map((less) => dialogues.with(at, less))),
  ];
}

function shorter(dialogue: Dialogue): Dialogue[] {
  const { asked, from, isPipelined, isSplit } = dialogue;
  const fewer = asked.flatMap((_, at) => {
    const [first, ...more] = asked.toSpliced(at, 1);
    return first === undefined ? [] : [{ ...dialogue, asked: [first, ...more] as const }];
  });
  const less = asked.flatMap((one, at) => {
    return simpler(one).map((other) => {
      const [first = other, ...more] = asked.with(at, other);
      return { ...dialogue, asked: [first, ...more] as const };
    });
  });
  return [
    ...fewer,
    ...(isPipelined ? [{ ...dialogue, isPipelined: false }] : []),
    ...(isSplit ? [{ ...dialogue, isSplit: false }] : []),
    ...(from === '127.0.0.1' ? [] : [{ ...dialogue, from: '127.0.0.1' }]),
    ...less,
  ];
}

/** Requests with less in them. */
function simpler(asked: Asked): Asked[] {
  const { body, lines, method, target } = asked;
  const without = lines.flatMap((line, at) => {
    if (/^(?:host|content-length|transfer-encoding):/i.test(line)) return [];
    return [{ ...asked, lines: [...lines.slice(0, at), ...lines.slice(at + 1)] }];
  });
  const path = target.replace(/\?.*/s, '');
  const parts = target.slice(path.length + 1).split('&');
  const queries = parts.map((_, at) => [...parts.slice(0, at), ...parts.slice(at + 1)].join('&'));
  const [first = ''] = lines;
  return [
    ...(body === ''
      ? []
      : [{ ...asked, body: '', lines: lines.filter((line) => !/^(?:content-l|tr)/i.test(line)) }]),
    ...(method === 'GET' ? [] : [{ ...asked, method: 'GET' }]),
    ...without,
    ...(target === path
      ? []
      : queries.map((query) => ({ ...asked, target: query === '' ? path : `${path}?${query}` }))),
    ...(path.length > 1 ? [{ ...asked, target: target.replace(path, path.slice(0, -1)) }] : []),
    ...(first === 'Host: one.test'
      ? []
      : [{ ...asked, lines: ['Host: one.test', ...lines.slice(1)] }]),
  ];
}

/** What was found, to be read, and to be put into a test. */
export function report({ configuration, findings, sign }: Smallest): string {
  const { differences, refusals } = findings;
  const parts = differences.flatMap((one) => one.parts);
  return [
    `differs: ${sign}`,
    render(configuration.nodes).trimEnd(),
    ...configuration.dialogues.flatMap((dialogue) => [
      JSON.stringify(dialogue),
      ...dialogue.asked.map((asked) => JSON.stringify(requestText(asked))),
    ]),
    ...parts.map(
      ({ nginx, weir, what }) =>
        `${what}\n  nginx ${JSON.stringify(nginx)}\n  weir  ${JSON.stringify(weir)}`,
    ),
    ...(refusals.nginx === '' ? [] : [`nginx says: ${refusals.nginx.trim()}`]),
    ...(refusals.weir === '' ? [] : [`weir says: ${refusals.weir}`]),
  ].join('\n');
}
