// GraphQL server: yoga over HTTP and SSE, graphql-transport-ws over WebSocket, on one path and under the same rules.
import {
  type ExecutionArgs,
  type execute,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  type subscribe
} from "graphql"
import type { ServerOptions } from "graphql-ws"
import { createYoga, type Plugin } from "graphql-yoga"
import type { ApiConfig } from "../config.ts"
import { toApiError } from "../questions/failure.ts"
import type { Caller } from "../reads/read-queue.ts"
import type { ApiContext } from "./builder.ts"
import { costProblem, tooManyOperations } from "./cost.ts"
import { limitsRule } from "./limits.ts"
import { schema } from "./schema.ts"

export const graphqlPath = "/graphql"

const starter = `# Records of the last hour. Ctrl-Enter runs it; the book on the left lists what else there is.
{
  logs(query: "level:error", first: 20) {
    totalCount
    nodes { timestamp severity service body attributes }
  }
}
`

export interface GraphqlServer {
  /** Answers HTTP requests on the path. */
  readonly yoga: ReturnType<typeof makeYoga>
  /** For a graphql-ws server on the same path. */
  readonly socketOptions: ServerOptions
}

/** What comes with a request. */
export interface ConnectionContext {
  /** Aborted when the connection closes, and when a WebSocket's operation is completed. */
  readonly ended: AbortSignal
  readonly caller: Caller
}

/** What a WebSocket has besides its protocol. */
export interface SocketExtra {
  readonly caller: Caller
  /** How to end each operation under way, by its id. */
  readonly endings: Map<string, AbortController>
}

const makeYoga = (config: ApiConfig, context: ApiContext) =>
  createYoga<ConnectionContext, ApiContext>({
    schema,
    context: ({ caller, ended }) => boundTo(context, ended, caller),
    graphqlEndpoint: graphqlPath,
    batching: false,
    logging: false,
    landingPage: false,
    // The page is 10 MB of text, read when somebody opens it.
    renderGraphiQL: async (options) => (await import("@graphql-yoga/render-graphiql")).renderGraphiQL(options),
    graphiql: { title: "Tailrace", subscriptionsProtocol: "WS", defaultQuery: starter },
    cors: config.origins.length === 0 ? false : { origin: [...config.origins], methods: ["GET", "POST"] },
    maskedErrors: { maskError: (error) => maskedError(error) },
    plugins: [guards(config)]
  })

/** The context of one request: what it reads and listens to ends with it. */
const boundTo = (context: ApiContext, ended: AbortSignal, caller: Caller): ApiContext => ({
  ...context,
  ended,
  caller,
  run: (effect) => context.run(effect, ended, caller)
})

/** Limits, and whether the schema may be asked for. */
const guards = (config: ApiConfig): Plugin<ApiContext> => ({
  onParse: ({ parseFn, setParseFn }) => {
    setParseFn((source, options) => parseFn(source, { ...options, maxTokens: config.limits.tokens }))
  },
  onValidate: ({ addValidationRule }) => {
    addValidationRule(limitsRule(config.limits))
    if (!config.introspection) addValidationRule(NoSchemaIntrospectionCustomRule)
  },
  onExecute: ({ args, setResultAndStopExecution }) => {
    const problem = costProblem(args, config.limits)
    if (problem !== undefined) setResultAndStopExecution({ errors: [problem] })
  },
  onSubscribe: ({ args, setResultAndStopExecution }) => {
    const problem = costProblem(args, config.limits)
    if (problem !== undefined) setResultAndStopExecution({ errors: [problem] })
  }
})

/** Errors that GraphQL itself made (syntax, validation, coercion) and the api's own pass; anything else hides its insides. */
const maskedError = (error: unknown): GraphQLError => {
  if (!(error instanceof GraphQLError)) return toApiError(error)
  const { originalError } = error
  if (originalError == null || originalError instanceof GraphQLError || error.extensions.code !== undefined)
    return error
  const shown = toApiError(originalError)
  return new GraphQLError(shown.message, {
    ...(error.nodes === undefined ? {} : { nodes: error.nodes }),
    ...(error.path === undefined ? {} : { path: error.path }),
    extensions: shown.extensions
  })
}

export const makeGraphqlServer = (config: ApiConfig, context: ApiContext): GraphqlServer => {
  const yoga = makeYoga(config, context)
  const forget = (extra: unknown, id: string): void => {
    const { endings } = extra as SocketExtra
    endings.get(id)?.abort()
    endings.delete(id)
  }
  const socketOptions: ServerOptions = {
    onComplete: (socket, id) => forget(socket.extra, id),
    onError: (socket, id) => forget(socket.extra, id),
    connectionInitWaitTimeout: 5_000,
    execute: (args) => (args as PreparedArguments).rootValue.execute(args),
    subscribe: (args) => (args as PreparedArguments).rootValue.subscribe(args),
    onSubscribe: async (socket, id, payload) => {
      if (Object.keys(socket.subscriptions).length > config.limits.operations)
        return [tooManyOperations(config.limits.operations)]
      const { caller, endings } = socket.extra as SocketExtra
      const ending = new AbortController()
      endings.set(id, ending)
      const enveloped = yoga.getEnveloped({ params: payload, ended: ending.signal, caller })
      try {
        const args = {
          schema: enveloped.schema,
          operationName: payload.operationName,
          document: enveloped.parse(payload.query),
          variableValues: payload.variables,
          contextValue: await enveloped.contextFactory(),
          rootValue: { execute: enveloped.execute, subscribe: enveloped.subscribe }
        }
        const errors = enveloped.validate(args.schema, args.document)
        return errors.length > 0 ? (errors as ReadonlyArray<GraphQLError>) : args
      } catch (error) {
        return [maskedError(error)]
      }
    }
  }
  return { yoga, socketOptions }
}

/** Arguments that carry the functions of the envelope they were prepared by. */
interface PreparedArguments extends ExecutionArgs {
  readonly rootValue: { readonly execute: typeof execute; readonly subscribe: typeof subscribe }
}
