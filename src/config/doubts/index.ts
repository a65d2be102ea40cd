/**
 * What `-t` warns of: configurations that can be used, but probably do not say what was meant. Each
 * doubt is told only where it is certain, and refuses nothing.
 */
import { routingBlocks } from '#src/routing/directives.ts';
import { rewriteDirectives } from '#src/routing/rewrite-directives.ts';
import type { Problems } from '#src/schema/problem.ts';
import type { Scope } from '#src/schema/scope.ts';
import { doubtServers } from './chosen-servers.ts';
import { doubtIfs } from './if-pitfalls.ts';
import { doubtFaults } from './injected-faults.ts';
import type { Doubt } from './level.ts';
import { doubtLostHeaders } from './lost-headers.ts';
import { doubtNeverRun } from './never-run.ts';
import { doubtOpenStatus } from './open-status.ts';
import { doubtShadowedLocations } from './shadowed-locations.ts';
import { doubtSlashes } from './slash-mistakes.ts';
import { doubtValues } from './unsafe-values.ts';
import { doubtUnusedNames } from './unused-names.ts';

/** Those that look at one block: of `http`, a server, a location, or an `if` in either. */
const DOUBTS: readonly Doubt[] = [
  doubtShadowedLocations,
  doubtSlashes,
  doubtLostHeaders,
  doubtIfs,
  doubtNeverRun,
  doubtValues,
  doubtOpenStatus,
  doubtUnusedNames,
  doubtFaults,
];

/** Warns of everything doubtful in a configuration that has no fatal problem. */
export function findDoubts(main: Scope, problems: Problems): void {
  const [node] = main.own(routingBlocks.http.name);
  if (node === undefined) return;
  const http = main.inside('http', node);
  doubtServers(http, problems);
  look(http, problems);
}

function look(scope: Scope, problems: Problems): void {
  for (const doubt of DOUBTS) doubt(scope, problems);
  for (const node of scope.nodes) {
    if (node.block === undefined) continue;
    if (node.name === routingBlocks.server.name) look(scope.inside('server', node), problems);
    else if (node.name === routingBlocks.location.name) {
      look(scope.inside('location', node), problems);
    } else if (node.name === rewriteDirectives.ifInServer.name) {
      const kind = scope.context === 'server' ? 'server-if' : 'location-if';
      look(scope.inside(kind, node), problems);
    }
  }
}
