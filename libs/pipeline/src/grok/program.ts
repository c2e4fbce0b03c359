// Program: a pattern as states of an automaton, with the order in which alternatives are preferred.
import {
  type ByteSet,
  bytesWhere,
  type CapturedField,
  edgeOfText,
  type PatternNode,
  PatternProblem,
  type SideSet
} from "./pattern-node.ts"

export const operation = { take: 0, split: 1, save: 2, assert: 3, match: 4 } as const

/**
 * States by number. `take` consumes one byte of `sets[argument]`, `split` goes on at the first of `targets` that leads to a
 * match, `save` notes the position in slot `argument`, `assert` goes on where `assertions[argument]` holds.
 */
export interface Program {
  readonly operations: ReadonlyArray<number>
  readonly argument: ReadonlyArray<number>
  readonly targets: ReadonlyArray<ReadonlyArray<number>>
  readonly start: number
  readonly match: number
  /** Fields by slot pair: field n begins at slot 2n and ends at slot 2n + 1. */
  readonly fields: ReadonlyArray<CapturedField>
  /** The class of each byte: bytes of one class are taken by the same states. */
  readonly classOf: Uint8Array
  readonly classCount: number
  /** By class and set: whether a state takes bytes of the class. */
  readonly takes: ReadonlyArray<Uint8Array>
  /** What assertions see of a class; the last class is the edge of the text. */
  readonly sideOfClass: Uint8Array
  readonly sideCount: number
  /** By assertion, at `before * sideCount + behind`: whether it holds. */
  readonly holds: ReadonlyArray<Uint8Array>
}

/** Most states of a pattern, bounded repetitions written out. */
const mostStates = 60_000

/** Turns a tree into a program that finds it anywhere in a text, leftmost first; throws a PatternProblem when it is too large. */
export const compileProgram = (node: PatternNode): Program => new Emitter().compile(node)

interface Assertion {
  readonly before: SideSet
  readonly behind: SideSet
}

const leadBytes = bytesWhere((byte) => byte >= 192)
const laterBytes = bytesWhere((byte) => byte >= 128 && byte < 192)
const anyByte = bytesWhere(() => true)
const anywhere = new Uint8Array(257).fill(1)
const notLater = anywhere.map((_, byte) => (byte >= 128 && byte < 192 ? 0 : 1))
const notHigh = anywhere.map((_, byte) => (byte >= 128 && byte < 256 ? 0 : 1))

/** Emits from the end to the beginning, so that every state knows what comes next. */
class Emitter {
  private readonly operations: Array<number> = []
  private readonly argument: Array<number> = []
  private readonly targets: Array<Array<number>> = []
  private readonly sets: Array<ByteSet> = []
  private readonly setNumbers = new Map<string, number>()
  private readonly asciiParts = new Map<ByteSet, ByteSet>()
  private readonly sameSets = new Map<ByteSet, number>()
  private readonly assertions: Array<Assertion> = []
  private readonly fields: Array<CapturedField> = []
  private readonly slots = new Map<PatternNode, number>()

  compile(node: PatternNode): Program {
    this.number(node)
    const match = this.add(operation.match, 0, [])
    const body = this.emit(node, match)
    const start = this.add(operation.split, 0, [])
    this.targets[start].push(body, this.add(operation.take, this.setNumber(anyByte), [start]))
    const { argument, assertions, fields, operations, sets, targets } = this
    const sides = classes(assertions.flatMap(({ before, behind }) => [before, behind]))
    const bytes = classes([...sets.map((set) => [...set, 0]), ...sides.members].map((set) => Uint8Array.from(set)))
    const sideOfClass = bytes.first.map((byte) => sides.of[byte] as number)
    return {
      operations,
      argument,
      targets,
      start,
      match,
      fields,
      classOf: Uint8Array.from(bytes.of.slice(0, 256)),
      classCount: bytes.first.length,
      takes: bytes.first.map((byte) =>
        Uint8Array.from(sets, (set) => (byte === edgeOfText ? 0 : (set[byte] as number)))
      ),
      sideOfClass: Uint8Array.from(sideOfClass),
      sideCount: sides.first.length,
      holds: assertions.map(({ before, behind }) =>
        Uint8Array.from(
          sides.first.flatMap((left) =>
            sides.first.map((right) => (before[left] as number) & (behind[right] as number))
          )
        )
      )
    }
  }

  private add(which: number, argument: number, targets: Array<number>): number {
    if (this.operations.length >= mostStates)
      throw new PatternProblem(`a pattern of more than ${mostStates} states; make its counts smaller`, 1)
    this.operations.push(which)
    this.argument.push(argument)
    this.targets.push(targets)
    return this.operations.length - 1
  }

  private setNumber(set: ByteSet): number {
    const same = this.sameSets.get(set)
    if (same !== undefined) return same
    const key = set.join("")
    const number = this.setNumbers.get(key) ?? this.sets.push(set) - 1
    this.setNumbers.set(key, number)
    this.sameSets.set(set, number)
    return number
  }

  private take(set: ByteSet, next: number): number {
    return this.add(operation.take, this.setNumber(set), [next])
  }

  private assert(before: SideSet, behind: SideSet, next: number): number {
    return this.add(operation.assert, this.assertions.push({ before, behind }) - 1, [next])
  }

  private emit(node: PatternNode, next: number): number {
    switch (node.kind) {
      case "empty":
        return next
      case "set":
        return node.wide ? this.character(node.set, next) : this.take(node.set, next)
      case "sequence":
        return node.parts.reduceRight((behind, part) => this.emit(part, behind), next)
      case "choice":
        return this.add(
          operation.split,
          0,
          node.parts.map((part) => this.emit(part, next))
        )
      case "assertion":
        return this.assert(node.before, node.behind, next)
      case "capture": {
        const slot = this.slots.get(node) ?? 0
        return this.add(operation.save, slot, [this.emit(node.part, this.add(operation.save, slot + 1, [next]))])
      }
      default:
        return this.repeat(node.part, node.least, node.most, node.greedy, next)
    }
  }

  /** Numbers fields in the order of the pattern. Copies of a repeated capture share a slot: the last one stands. */
  private number(node: PatternNode): void {
    if (node.kind === "capture") this.slots.set(node, 2 * (this.fields.push(node.field) - 1))
    if (node.kind === "capture" || node.kind === "repeat") this.number(node.part)
    else if (node.kind === "sequence" || node.kind === "choice") for (const part of node.parts) this.number(part)
  }

  private repeat(part: PatternNode, least: number, most: number, greedy: boolean, next: number): number {
    let behind = next
    let copies = least
    if (most === Number.POSITIVE_INFINITY) {
      const loop = this.add(operation.split, 0, [])
      const body = part.kind === "set" ? this.take(part.set, loop) : this.emit(part, loop)
      this.targets[loop].push(...(greedy ? [body, next] : [next, body]))
      if (least > 0 && part.kind !== "set") {
        behind = body
        copies--
      } else behind = loop
    } else {
      for (let i = least; i < most; i++) {
        const body = this.emit(part, behind)
        behind = this.add(operation.split, 0, greedy ? [body, next] : [next, body])
      }
    }
    for (let i = 0; i < copies; i++) behind = this.emit(part, behind)
    return behind
  }

  /** One character of a class that all outside ASCII belong to: its bytes are never taken apart, and a stray byte is one. */
  private character(set: ByteSet, next: number): number {
    let ascii = this.asciiParts.get(set)
    if (ascii === undefined) {
      ascii = set.map((belongs, byte) => (byte < 128 ? belongs : 0))
      this.asciiParts.set(set, ascii)
    }
    let behind = this.assert(anywhere, notLater, next)
    const end = behind
    for (let i = 0; i < 3; i++) behind = this.add(operation.split, 0, [this.take(laterBytes, behind), end])
    const stray = this.assert(notHigh, anywhere, this.take(laterBytes, next))
    return this.add(operation.split, 0, [this.take(ascii, next), this.take(leadBytes, behind), stray])
  }
}

interface Classes {
  /** The class of each of the 257 symbols. */
  readonly of: ReadonlyArray<number>
  /** The first symbol of each class. */
  readonly first: ReadonlyArray<number>
  /** Each class as a set of symbols. */
  readonly members: ReadonlyArray<ReadonlyArray<number>>
}

/** Symbols that all sets treat alike are of one class; the edge of the text has one of its own, the last. */
const classes = (sets: ReadonlyArray<Uint8Array>): Classes => {
  const numbers = new Map<string, number>()
  const first: Array<number> = []
  const of: Array<number> = []
  for (let symbol = 0; symbol <= edgeOfText; symbol++) {
    const key = symbol === edgeOfText ? "edge" : sets.map((set) => set[symbol]).join("")
    let number = numbers.get(key)
    if (number === undefined) {
      number = first.push(symbol) - 1
      numbers.set(key, number)
    }
    of.push(number)
  }
  return { of, first, members: first.map((_, number) => of.map((mine) => (mine === number ? 1 : 0))) }
}
