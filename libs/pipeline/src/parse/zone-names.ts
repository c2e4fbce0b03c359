// Zone names: the abbreviations that loggers write behind a time, and the offsets they mean.

/** Minutes east of UTC by abbreviation. */
const offsets: Readonly<Record<string, number>> = {
  ...{ UTC: 0, GMT: 0, UCT: 0, WET: 0, WEST: 60, CET: 60, CEST: 120, MEZ: 60, MESZ: 120, EET: 120, EEST: 180 },
  ...{ MSK: 180, MSD: 240, TRT: 180, SAMT: 240, YEKT: 300, OMST: 360, KRAT: 420, NOVT: 420, IRKT: 480, YAKT: 540 },
  ...{ VLAT: 600, MAGT: 660, PETT: 720, PKT: 300, NPT: 345, ICT: 420, WIB: 420, HKT: 480, SGT: 480, PHT: 480 },
  ...{ AWST: 480, JST: 540, KST: 540, ACST: 570, ACDT: 630, AEST: 600, AEDT: 660, NZST: 720, NZDT: 780, SAST: 120 },
  ...{ EST: -300, EDT: -240, CDT: -300, MST: -420, MDT: -360, PST: -480, PDT: -420, AKST: -540, AKDT: -480 },
  ...{ HST: -600, ADT: -180, NST: -210, NDT: -150, BRT: -180, BRST: -120, CLT: -240, CLST: -180 }
}

/** Abbreviations of several zones, with the offset that most who write them mean; such a reading is said. */
const ambiguous: Readonly<Record<string, number>> = { BST: 60, IST: 330, CST: -360, AST: -240, GST: 240 }

const longestName = 4
const keyOf = (name: string): number => {
  let key = 0
  for (let i = 0; i < name.length; i++) key = key * 32 + (name.charCodeAt(i) & 31)
  return key
}

// An open table of numbers: a word in capitals stands behind the time of most lines, and most are levels.
const slotCount = 512
const slotKeys = new Int32Array(slotCount)
const slotMinutes = new Int16Array(slotCount)
/** Minutes of a word that is no zone's name. */
const unknown = 0x7fff
const slotOf = (key: number): number => {
  let slot = Math.imul(key, 0x9e3779b1) >>> 23
  while (slotKeys[slot] !== 0 && slotKeys[slot] !== key) slot = (slot + 1) & (slotCount - 1)
  return slot
}
const enter = (name: string, minutes: number): void => {
  const slot = slotOf(keyOf(name))
  slotKeys[slot] = keyOf(name)
  slotMinutes[slot] = minutes
}
slotMinutes.fill(unknown)
for (const [name, minutes] of Object.entries(offsets)) enter(name, minutes)
const ambiguousKeys = new Set<number>()
for (const [name, minutes] of Object.entries(ambiguous)) {
  enter(name, minutes)
  ambiguousKeys.add(keyOf(name))
}

let found = 0

/** Length of the run of capitals at `at`, when it is a word of at most five; else 0. Leaves its key for the two below. */
export const capitalsAt = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  found = 0
  while (position < end && bytes[position] >= 65 && bytes[position] <= 90) {
    if (position - at >= 5) return 0
    found = found * 32 + (bytes[position++] & 31)
  }
  const next = position < end ? bytes[position] : 32
  return (next >= 97 && next <= 122) || next === 95 ? 0 : position - at
}

/** Minutes east of UTC of the word that `capitalsAt` found; see `isKnown` for whether it is a zone's name. */
export const foundOffset = (length: number): number =>
  length < 3 || length > longestName ? unknown : slotMinutes[slotOf(found)]

/** Whether what `foundOffset` answered is the offset of a zone. */
export const isKnown = (minutes: number): boolean => minutes !== unknown

/** Whether the word that `capitalsAt` found names several zones. */
export const isFoundAmbiguous = (): boolean => ambiguousKeys.has(found)
