// GraphQL queries panes and anomalies: what the windows counted and what the detectors found in them.
import type { Anomaly } from "@tailrace/domain/anomaly"
import { type Pane, paneId } from "@tailrace/domain/pane"
import { readAnomalies } from "@tailrace/store/read/anomalies"
import { readPanes } from "@tailrace/store/read/panes"
import { millisOf, pageSize, readLimits } from "../../questions/logs-request.ts"
import { openLive } from "../../tail/live-limit.ts"
import { builder } from "../builder.ts"

/** GraphQL's Float has neither infinities nor NaN; one such value must not cost the whole list. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)

const PaneType = builder.objectRef<Pane>("Pane").implement({
  description: "The closed aggregate of one key of one metric over one window.",
  fields: (t) => ({
    id: t.id({ resolve: paneId }),
    tenant: t.exposeString("tenant"),
    metric: t.exposeString("metric"),
    type: t.exposeString("type"),
    windowStart: t.field({ type: "DateTime", resolve: (pane) => pane.windowStart }),
    windowEnd: t.field({ type: "DateTime", resolve: (pane) => pane.windowEnd }),
    key: t.field({ type: "JSON", resolve: (pane) => pane.key }),
    value: t.float({
      nullable: true,
      description: "Null when it is no finite number.",
      resolve: (pane) => finite(pane.value)
    }),
    count: t.exposeFloat("count"),
    quantiles: t.field({ type: "JSON", resolve: (pane) => pane.quantiles }),
    revision: t.exposeInt("revision")
  })
})

const AnomalyType = builder.objectRef<Anomaly>("Anomaly").implement({
  description: "A scored deviation of a pane from what its past lets expect.",
  fields: (t) => ({
    id: t.id({ resolve: (anomaly) => `${anomaly.detector}:${paneId(anomaly)}` }),
    tenant: t.exposeString("tenant"),
    metric: t.exposeString("metric"),
    detector: t.exposeString("detector"),
    windowStart: t.field({ type: "DateTime", resolve: (anomaly) => anomaly.windowStart }),
    windowEnd: t.field({ type: "DateTime", resolve: (anomaly) => anomaly.windowEnd }),
    key: t.field({ type: "JSON", resolve: (anomaly) => anomaly.key }),
    value: t.float({ nullable: true, resolve: (anomaly) => finite(anomaly.value) }),
    expected: t.float({ nullable: true, resolve: (anomaly) => finite(anomaly.expected) }),
    score: t.float({
      nullable: true,
      description: "Null when it is infinite: the past did not vary at all.",
      resolve: (anomaly) => finite(anomaly.score)
    }),
    direction: t.exposeString("direction"),
    sentence: t.exposeString("sentence", { description: "What happened, for a person." })
  })
})

builder.queryFields((t) => ({
  panes: t.field({
    type: [PaneType],
    description: "Closed windows of a metric, newest first.",
    args: {
      metric: t.arg.string(),
      from: t.arg({ type: "DateTime" }),
      to: t.arg({ type: "DateTime" }),
      first: t.arg.int({ defaultValue: 1_000 }),
      tenant: t.arg.string()
    },
    resolve: (_, input, context) =>
      context.run(
        readPanes({
          tenant: input.tenant ?? undefined,
          metric: input.metric ?? undefined,
          from: millisOf(input.from),
          to: millisOf(input.to),
          first: pageSize(input.first, 1_000, context),
          limits: readLimits(context)
        })
      )
  }),
  anomalies: t.field({
    type: [AnomalyType],
    description: "Anomalies found, newest window first.",
    args: {
      metric: t.arg.string(),
      from: t.arg({ type: "DateTime" }),
      to: t.arg({ type: "DateTime" }),
      minimumScore: t.arg.float(),
      first: t.arg.int({ defaultValue: 1_000 }),
      tenant: t.arg.string()
    },
    resolve: (_, input, context) =>
      context.run(
        readAnomalies({
          tenant: input.tenant ?? undefined,
          metric: input.metric ?? undefined,
          from: millisOf(input.from),
          to: millisOf(input.to),
          minimumScore: input.minimumScore ?? undefined,
          first: pageSize(input.first, 1_000, context),
          limits: readLimits(context)
        })
      )
  })
}))

builder.subscriptionField("anomalies", (t) =>
  t.field({
    type: AnomalyType,
    description: "Anomalies as they are found.",
    args: { metric: t.arg.string(), tenant: t.arg.string() },
    subscribe: (_, input, context) =>
      openLive(context, (left) =>
        context.anomalies.subscribe(
          (anomaly) =>
            (input.metric == null || anomaly.metric === input.metric) &&
            (input.tenant == null || anomaly.tenant === input.tenant),
          left
        )
      ),
    resolve: (anomaly: Anomaly) => anomaly
  })
)
