// OpenSources: opens sources in order, those whose protocol is HTTP as routes on one listener for each address.
import { Effect } from "effect"
import { isOneListener } from "./clash.ts"
import { openListener } from "./http/listener.ts"
import type { HttpSource, Listening, Source, SourceContext } from "./source.ts"

/** Runs them for the life of the scope; answers where each listens, by its name. Fails when one cannot start. */
export const openSources = Effect.fnUntraced(function* (
  sources: ReadonlyArray<Source>,
  contextOf: (source: Source) => SourceContext
) {
  const listening: Record<string, Listening> = {}
  for (const source of sources) {
    if (listening[source.name] !== undefined) continue
    if ("open" in source) {
      listening[source.name] = yield* source.open(contextOf(source))
      continue
    }
    const together = sources.filter(
      (other): other is HttpSource =>
        other === source || (!("open" in other) && isOneListener(source.listener, other.listener))
    )
    const contexts = together.map((one) => ({ one, context: contextOf(one) }))
    const { counters, warn } = contexts[0]?.context ?? contextOf(source)
    const port = yield* openListener(source.listener, {
      names: together.map(({ name }) => name),
      routes: contexts.flatMap(({ context, one }) => one.routes(context)),
      counters,
      warn
    })
    for (const { name } of together) listening[name] = { port }
  }
  return listening
})
