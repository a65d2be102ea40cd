/** Stacks as a picture: a box per function, as wide as its share, callers below callees. */
import { unfoldedFrame } from './folded-stacks.ts';
import type { FrameKind } from './frames.ts';

/** What stands on the picture, and how much of it is left out. */
export interface FlameGraphOptions {
  readonly title: string;
  readonly subtitle: string;
  /** Boxes narrower than this share of all samples are left out. */
  readonly pruneBelow: number;
  /** CPU microseconds per request of all samples together; each box shows its part. */
  readonly microsPerRequest: number;
  /** Share of each kind, for the legend. */
  readonly kinds: Readonly<Record<FrameKind, number>>;
}

interface Box {
  readonly name: string;
  readonly kind: FrameKind | 'thread';
  samples: number;
  readonly children: Map<string, Box>;
}

const WIDTH = 1200;
const MARGIN = 10;
const HEAD = 64;
const ROW = 15;
const CHAR = 6.1; // of the 11 pixel monospace font below, and a little
const COLOURS: Readonly<Record<Box['kind'], string>> = {
  kernel: '#f0a35e',
  native: '#e6d36a',
  javascript: '#8ec96c',
  builtins: '#7cc5d9',
  gc: '#e8736f',
  thread: '#c9c9c9',
};
const KIND_NAMES: Readonly<Record<FrameKind, string>> = {
  kernel: 'kernel',
  native: 'native',
  javascript: 'JavaScript',
  builtins: 'V8 builtins',
  gc: 'GC',
};

/** The picture as SVG without scripts: hovering over a box shows its name and share. */
export function flameGraph(
  counts: ReadonlyMap<string, number>,
  options: FlameGraphOptions,
): string {
  const root = tree(counts);
  const boxes: string[] = [];
  const depth = draw(root, 0, MARGIN, options, root.samples, boxes);
  const height = HEAD + (depth + 1) * ROW + MARGIN;
  const styles = Object.entries(COLOURS).map(([kind, fill]) => `.${kind}{fill:${fill}}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="Menlo,DejaVu Sans Mono,monospace" font-size="10">
<style>rect{stroke:#fff;stroke-width:.4}.ground{fill:#fff;stroke:none}${styles.join('')}g:hover rect{stroke:#000}</style>
<rect class="ground" width="${WIDTH}" height="${height}"/>
<text x="${MARGIN}" y="20" font-size="15" font-weight="bold">${escapeXml(options.title)}</text>
<text x="${MARGIN}" y="37">${escapeXml(options.subtitle)}</text>
${legend(options)}
<g transform="translate(0 ${height - MARGIN - ROW})">
${boxes.join('\n')}
</g>
</svg>
`;
}

function tree(counts: ReadonlyMap<string, number>): Box {
  const root: Box = { name: 'all', kind: 'thread', samples: 0, children: new Map() };
  for (const [stack, count] of counts) {
    let box = root;
    box.samples += count;
    for (const [depth, text] of stack.split(';').entries()) {
      let child = box.children.get(text);
      if (child === undefined) {
        const frame = depth === 0 ? { name: text, kind: 'thread' as const } : unfoldedFrame(text);
        child = { ...frame, samples: 0, children: new Map() };
        box.children.set(text, child);
      }
      box = child;
      box.samples += count;
    }
  }
  return root;
}

/** Draws a box and what stands on it, the widest first. Returns the depth of the deepest one. */
function draw(
  box: Box,
  depth: number,
  left: number,
  options: FlameGraphOptions,
  all: number,
  boxes: string[],
): number {
  const share = box.samples / all;
  const width = share * (WIDTH - 2 * MARGIN);
  const micros = (share * options.microsPerRequest).toFixed(2);
  const title = `${box.name}: ${(share * 100).toFixed(1)} %, ${micros} µs per request`;
  const [x, y] = [left.toFixed(1), -depth * ROW];
  const label = clip(box.name, Math.floor((width - 4) / CHAR));
  const text =
    label === ''
      ? ''
      : `<text x="${(left + 2).toFixed(1)}" y="${y + 11}">${escapeXml(label)}</text>`;
  boxes.push(
    `<g><title>${escapeXml(title)}</title><rect class="${box.kind}" x="${x}" y="${y}" width="${width.toFixed(1)}" height="${ROW}"/>${text}</g>`,
  );
  let deepest = depth;
  let at = left;
  for (const child of [...box.children.values()].sort((a, b) => b.samples - a.samples)) {
    if (child.samples / all < options.pruneBelow) break;
    deepest = Math.max(deepest, draw(child, depth + 1, at, options, all, boxes));
    at += (child.samples / all) * (WIDTH - 2 * MARGIN);
  }
  return deepest;
}

function legend({ kinds, microsPerRequest }: FlameGraphOptions): string {
  return (Object.keys(KIND_NAMES) as FrameKind[])
    .map((kind, index) => {
      const x = MARGIN + index * 230;
      const percent = (kinds[kind] * 100).toFixed(1);
      const micros = (kinds[kind] * microsPerRequest).toFixed(2);
      return `<rect class="${kind}" x="${x}" y="44" width="12" height="12"/><text x="${x + 17}" y="54">${KIND_NAMES[kind]} ${percent} %, ${micros} µs</text>`;
    })
    .join('');
}

function clip(text: string, length: number): string {
  if (text.length <= length) return text;
  return length < 4 ? '' : `${text.slice(0, length - 1)}…`;
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** The same, with boxes left out until the text has at most so many bytes. */
export function smallFlameGraph(
  counts: ReadonlyMap<string, number>,
  options: FlameGraphOptions,
  maxBytes: number,
): string {
  for (let pruneBelow = options.pruneBelow; ; pruneBelow *= 1.25) {
    const svg = flameGraph(counts, { ...options, pruneBelow });
    if (Buffer.byteLength(svg) <= maxBytes || pruneBelow > 0.5) return svg;
  }
}
