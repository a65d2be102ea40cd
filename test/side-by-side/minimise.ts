// What differs, made as small as it can be while it still differs in the same way.

import type { Both, Findings } from './both.ts';
import { type ConfNode, render, smaller } from './conf-node.ts';
import { unexplained } from './differences.ts';
import type { Configuration } from './random-configuration.ts';
import { type Asked, requestText } from './random-request.ts';

/** The smallest configuration with at most one request that gives the same sign. */
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
  const [first] = differences;
  if (first === undefined) return '';
  const [part] = unexplained(first, render(nodes));
  const isStatus = part?.what === 'status';
  return isStatus ? `${part.nginx} | ${part.weir}` : (part?.what ?? '');
}

/** Reduces one request of a configuration, or none when the text itself is judged differently. */
export async function minimise(
  both: Both,
  nodes: readonly ConfNode[],
  asked: Asked | undefined,
): Promise<Smallest | undefined> {
  let configuration: Configuration = { nodes, requests: asked === undefined ? [] : [asked] };
  let findings = await both.run(configuration);
  const sign = signOf(findings, nodes);
  if (sign === '') return undefined; // it depended on what was asked before
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
    const { nodes: now, requests } = configuration;
    const lessText = smaller(now).map((less) => ({ nodes: less, requests }));
    const [request] = requests;
    const lessAsked = request === undefined ? [] : simpler(request);
    const lessRequest = lessAsked.map((less) => ({ nodes: now, requests: [less] }));
    isSmaller = (await shrink(lessText)) || (await shrink(lessRequest));
  }
  return { configuration, findings, sign };
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
    ...(asked.from === '127.0.0.1' ? [] : [{ ...asked, from: '127.0.0.1' }]),
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
  const [asked] = configuration.requests;
  const parts = differences[0]?.parts ?? [];
  return [
    `differs: ${sign}`,
    render(configuration.nodes).trimEnd(),
    ...(asked === undefined ? [] : [JSON.stringify(requestText(asked)), JSON.stringify(asked)]),
    ...parts.map(
      ({ nginx, weir, what }) =>
        `${what}\n  nginx ${JSON.stringify(nginx)}\n  weir  ${JSON.stringify(weir)}`,
    ),
    ...(refusals.nginx === '' ? [] : [`nginx says: ${refusals.nginx.trim()}`]),
    ...(refusals.weir === '' ? [] : [`weir says: ${refusals.weir}`]),
  ].join('\n');
}
