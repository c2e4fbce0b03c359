// OTLP export: sends the process' own logs, spans and metrics to an OpenTelemetry collector when a URL is configured.
import { Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import { Otlp } from "effect/observability"

export interface OtlpOptions {
  /** Base URL of the receiver, such as http://127.0.0.1:4318; nothing is exported when it is undefined or empty. */
  readonly url: string | undefined
  readonly serviceName: string
  readonly serviceVersion?: string
}

export const otlpLayer = (options: OtlpOptions): Layer.Layer<never> =>
  options.url === undefined || options.url === ""
    ? Layer.empty
    : Otlp.layerJson({
        baseUrl: options.url,
        resource: { serviceName: options.serviceName, serviceVersion: options.serviceVersion },
        loggerMergeWithExisting: true
      }).pipe(Layer.provide(FetchHttpClient.layer))
