// PartitionRuntime: the figures of one partition's pipeline that outlive its lives.
import type { PartitionState, RuleState } from "@tailrace/domain/pipeline-state"
import type { ConsumerState } from "@tailrace/streams/consumer-inbox"
import type { SupervisorState } from "@tailrace/streams/supervisor"
import type { Breaker } from "../outputs/breaker.ts"
import { InFlight } from "./in-flight.ts"
import { StageCounters } from "./stage-counters.ts"
import { Suspects } from "./suspects.ts"

export class PartitionRuntime {
  readonly partition: number
  readonly counters = new StageCounters()
  /** How the outputs of this life stand with the store. */
  breakers: ReadonlyArray<Breaker> = []
  /** The same of sinks that write at their own pace: what they hold delays nobody else. */
  ownPaceBreakers: ReadonlyArray<Breaker> = []
  readonly suspects = new Suspects()
  inFlight = new InFlight()
  committed = 0
  /** Raw sequence through which all outputs hold everything, as noted when another pipeline took over. */
  level = 0
  /** Last sequence of the raw stream when this life began. */
  end = 0
  /** Last raw sequence of the batches that an earlier owner left to be formed again just as they were. */
  owed = 0
  /** Why nothing is committed though messages wait, in words; "" while something is. */
  standstill = ""
  /** Version of the pipeline that runs. */
  version = ""
  supervisor: () => SupervisorState = () => ({ status: "starting", restarts: 0, failure: "", since: 0 })
  consumer: (() => ConsumerState) | undefined
  private rulesNow: () => ReadonlyArray<RuleState> = () => []
  private rulesBefore: ReadonlyArray<RuleState> = []
  private recordsPerSecond = 0
  private stages: PartitionState["stages"] = []
  private lastRecords = 0
  private lastAt = Number.NaN

  constructor(partition: number) {
    this.partition = partition
  }

  /** A new life begins: its rules count from 0, what is in flight is delivered again. */
  begin(rules: () => ReadonlyArray<RuleState>): void {
    this.rulesBefore = this.rules()
    this.rulesNow = rules
    this.inFlight = new InFlight()
    this.breakers = []
    this.ownPaceBreakers = []
  }

  /** Another process owns the partition: what was under way here is under way there. */
  standBy(): void {
    this.inFlight = new InFlight()
    this.consumer = undefined
  }

  /** The heartbeat's part for this partition; rates and busy shares are since the one before. */
  report(now: number): PartitionState {
    const records = this.counters.recordsOf("sink")
    const elapsed = now - this.lastAt
    this.recordsPerSecond = elapsed > 0 ? ((records - this.lastRecords) * 1000) / elapsed : 0
    this.lastRecords = records
    this.lastAt = now
    this.stages = this.counters.report(now)
    return this.peek(now)
  }

  /** The state now, with the rates of the last heartbeat. */
  peek(now: number): PartitionState {
    const supervisor = this.supervisor()
    const consumer = this.consumer?.()
    const oldest = this.inFlight.oldestMillis
    return {
      partition: this.partition,
      ...this.status(supervisor),
      version: this.version,
      restarts: supervisor.restarts,
      committedSequence: this.committed,
      lagMessages: this.inFlight.messages + (consumer?.mailbox ?? 0) + (consumer?.pending ?? 0),
      lagMillis: oldest === undefined ? 0 : Math.max(0, now - oldest),
      recordsPerSecond: this.recordsPerSecond,
      stages: this.stages,
      rules: this.rules(),
      sinks: [...this.breakers, ...this.ownPaceBreakers].map((breaker) => breaker.report())
    }
  }

  private status(supervisor: SupervisorState): Pick<PartitionState, "status" | "reason"> {
    const { status, failure } = supervisor
    const holding = this.breakers.find(({ reason }) => reason !== undefined)?.reason
    if (holding !== undefined) return { status: "holding", reason: holding }
    if (status === "draining") return { status: "running", reason: "draining" }
    if (status === "standby") return { status, reason: "another process owns the partition" }
    if (status === "running" && this.standstill !== "") return { status: "holding", reason: this.standstill }
    return { status, reason: status === "running" ? "" : failure }
  }

  private rules(): ReadonlyArray<RuleState> {
    return this.rulesNow().map((rule) => {
      const before = this.rulesBefore.find(({ name }) => name === rule.name)
      return {
        name: rule.name,
        matched: rule.matched + (before?.matched ?? 0),
        dropped: rule.dropped + (before?.dropped ?? 0)
      }
    })
  }
}
