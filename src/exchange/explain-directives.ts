/** `explain`, `explain_trusted`: who may ask what became of a request. */
import { flag } from '#src/schema/arguments.ts';
import { directives, HTTP_SERVER_LOCATION } from '#src/schema/directive.ts';
import { trustedArgument } from './real-ip-directives.ts';

/** Each is inherited for itself. */
export const explainDirectives = directives({
  isOn: {
    name: 'explain',
    contexts: HTTP_SERVER_LOCATION,
    argument: flag({ default: 'off' }),
    doc: 'On: a client of `explain_trusted` whose request carries `X-Weir-Explain: 1` gets fields beside its answer that say what became of it: listener, server, location, rewrites, upstream, each endpoint with its score and why it is not the one, tries, reason (docs/explain.md). Others see nothing of it. The field never goes to an endpoint, whoever sends it. Not in nginx.',
  },
  trusted: {
    name: 'explain_trusted',
    contexts: HTTP_SERVER_LOCATION,
    argument: trustedArgument,
    repeat: true,
    doc: 'Whose `X-Weir-Explain` counts where `explain` is on: the address of the client, which `set_real_ip_from` of `http` and `server` may have found. May stand several times; without any it is nobody. A host name is looked up when the configuration is read. Not in nginx.',
  },
});
