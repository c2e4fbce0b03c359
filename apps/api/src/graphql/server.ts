// GraphQL server: yoga over HTTP and SSE, graphql-transport-ws over WebSocket, on one path and under the same rules.
import { renderGraphiQL } from "@graphql-yoga/render-graphiql"
import {
  type DocumentNode,
  type ExecutionArgs,
  type execute,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  type subscribe
} from "graphql"
import type { ServerOptions } from "graphql-ws"
import { createYoga, type Plugin } from "graphql-yoga"
import type { ApiConfig } from "../config.ts"
import type { ApiContext } from "./builder.ts"
import { toApiError } from "./failure.ts"
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

/** What comes with a request over HTTP. */
export interface ConnectionContext {
  /** Aborted when the connection closes. */
  readonly ended?: AbortSignal
}

const makeYoga = (config: ApiConfig, context: ApiContext) =>
  createYoga<ConnectionContext, ApiContext>({
    schema,
    context: ({ ended }) => (ended === undefined ? context : { ...context, ended }),
    graphqlEndpoint: graphqlPath,
    batching: false,
    logging: false,
    landingPage: false,
    renderGraphiQL,
    graphiql: { title: "Tailrace", subscriptionsProtocol: "WS", defaultQuery: starter },
    cors: config.origins.length === 0 ? false : { origin: [...config.origins], methods: ["GET", "POST"] },
    maskedErrors: { maskError: (error) => maskedError(error) },
    plugins: [guards(config)]
  })

/** Limits, and whether the schema may be asked for. */
const guards = (config: ApiConfig): Plugin<ApiContext> => ({
  onValidate: ({ addValidationRule }) => {
    addValidationRule(limitsRule(config.limits))
    if (!config.introspection) addValidationRule(NoSchemaIntrospectionCustomRule)
  }
})

/** Errors that GraphQL itself made (syntax, validation, coercion) and the api's own pass; anything else hides its insides. */
const maskedError = (error: unknown): GraphQLError => {
  const original =
    typeof error === "object" && error !== null && "originalError" in error ? error.originalError : undefined
  if (original === undefined || original === null) return error as GraphQLError
  const code = (error as GraphQLError).extensions?.code
  return code === undefined ? toApiError(original) : (error as GraphQLError)
}

export const makeGraphqlServer = (config: ApiConfig, context: ApiContext): GraphqlServer => {
  const yoga = makeYoga(config, context)
  const socketOptions: ServerOptions = {
    connectionInitWaitTimeout: 5_000,
    execute: (args) => (args as PreparedArguments).rootValue.execute(args),
    subscribe: (args) => (args as PreparedArguments).rootValue.subscribe(args),
    onSubscribe: async (_, _id, payload) => {
      const enveloped = yoga.getEnveloped({ params: payload })
      const document = parsed(() => enveloped.parse(payload.query))
      if (document instanceof GraphQLError) return [document]
      const args = {
        schema: enveloped.schema,
        operationName: payload.operationName,
        document,
        variableValues: payload.variables,
        contextValue: await enveloped.contextFactory(),
        rootValue: { execute: enveloped.execute, subscribe: enveloped.subscribe }
      }
      const errors = enveloped.validate(args.schema, args.document)
      return errors.length > 0 ? (errors as ReadonlyArray<GraphQLError>) : args
    }
  }
  return { yoga, socketOptions }
}

/** The document, or the syntax error that would otherwise end the whole connection. */
const parsed = (parse: () => DocumentNode): DocumentNode | GraphQLError => {
  try {
    return parse()
  } catch (error) {
    return error instanceof GraphQLError ? error : new GraphQLError("the document cannot be read")
  }
}

/** Arguments that carry the functions of the envelope they were prepared by. */
interface PreparedArguments extends ExecutionArgs {
  readonly rootValue: { readonly execute: typeof execute; readonly subscribe: typeof subscribe }
}
