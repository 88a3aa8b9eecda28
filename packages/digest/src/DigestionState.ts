/**
 * Everything one digestion knows in one zone: the inputs of each key, the digests seen, and what is due.
 *
 * Time is given by the caller, and nothing here is told of disk or network.
 */
import * as DigestArticle from "@lupin/core/DigestArticle"
import * as Digestion from "@lupin/core/Digestion"
import * as MessageId from "@lupin/core/MessageId"
import * as Homes from "./Homes.ts"
import * as InputSet from "./InputSet.ts"
import * as Turn from "./Turn.ts"

interface Entry {
  readonly key: string
  readonly inputs: InputSet.InputSet<Digestion.Input, unknown>
  readonly policy: Turn.Policy
  stage: Turn.Stage
  /** When its stage may change if nothing comes before; -Infinity where something has come. */
  wakeMillis: number
  seen: Turn.Seen | undefined
  /** -Infinity where nothing was seen. */
  seenMillis: number
  /** Events that a digest, ours or a seen one, was known to count. */
  counted: number
}

/** A digest that is to be injected now. */
export interface Emission {
  readonly key: string
  readonly octets: Uint8Array
  /** The key has its home elsewhere. */
  readonly isStandIn: boolean
}

/** What is due, and when to ask again if nothing comes before. */
export interface Round {
  readonly emissions: ReadonlyArray<Emission>
  readonly wakeMillis: number | undefined
}

export class DigestionState {
  readonly digestion: Digestion.Digestion
  readonly #zone: string
  readonly #zones: ReadonlyArray<string>
  readonly #entries = new Map<string, Entry>()
  readonly #keys = new Map<MessageId.MessageId, string>()
  /** Keys that are not settled. */
  readonly #open = new Set<Entry>()

  constructor(digestion: Digestion.Digestion, zone: string, zones: ReadonlyArray<string>) {
    this.digestion = digestion
    this.#zone = zone
    this.#zones = zones
  }

  get keys(): number {
    return this.#entries.size
  }

  /** Takes an event; says whether it counts for a key here and was new. */
  add(input: Digestion.Input, nowMillis: number): boolean {
    const key = Digestion.keyOf(this.digestion, input)
    if (key === undefined) return false
    const entry = this.#entry(key)
    if (!entry.inputs.add(input.messageId, input, input.injectedMillis)) return false
    this.#keys.set(input.messageId, key)
    this.#gather(entry, nowMillis)
    return true
  }

  /** Takes the removal of an event. */
  remove(id: MessageId.MessageId, nowMillis: number): boolean {
    const key = this.#keys.get(id)
    const entry = key === undefined ? undefined : this.#entries.get(key)
    if (entry === undefined || !entry.inputs.remove(id)) return false
    this.#gather(entry, nowMillis)
    return true
  }

  /** Takes note of a digest of this digestion, whoever emitted it; says whether it told of removals that were not known. */
  see(digest: DigestArticle.Identity & Pick<DigestArticle.Content, "removed">, nowMillis: number): boolean {
    const entry = this.#entry(digest.key)
    const hasTold = digest.version === this.digestion.version && this.#adopt(entry, digest.removed, nowMillis)
    const { version, events, removals, fingerprint } = digest
    const seen = { version, events, removals, fingerprint }
    if (entry.seen !== undefined && !Turn.outranks(seen, entry.seen)) return hasTold
    entry.seen = seen
    entry.seenMillis = nowMillis
    entry.wakeMillis = -Infinity
    this.#count(entry)
    return hasTold
  }

  /** Removed events that another set has are of this one too: what was removed before we looked is known only so. */
  #adopt(entry: Entry, removed: ReadonlyArray<MessageId.MessageId>, nowMillis: number): boolean {
    let isNew = false
    for (const id of removed) {
      const injectedMillis = Math.floor((MessageId.mintedMillis(id) ?? 0) / 1000) * 1000
      if (!entry.inputs.addRemoved(id, injectedMillis)) continue
      this.#keys.set(id, entry.key)
      isNew = true
    }
    if (isNew) this.#gather(entry, nowMillis)
    return isNew
  }

  /** Whether an event that counts here is in a digest; `undefined` where it counts for nothing. */
  isCounted(id: MessageId.MessageId): boolean | undefined {
    const key = this.#keys.get(id)
    const entry = key === undefined ? undefined : this.#entries.get(key)
    const ordinal = entry?.inputs.ordinalOf(id)
    return entry === undefined || ordinal === undefined ? undefined : ordinal <= entry.counted
  }

  /** Moves every open key on to `nowMillis`. An emission that fails is given back by `retry`. */
  advance(nowMillis: number): Round {
    const emissions: Array<Emission> = []
    let wakeMillis: number | undefined
    for (const entry of this.#open) {
      if (entry.wakeMillis > nowMillis) {
        if (wakeMillis === undefined || entry.wakeMillis < wakeMillis) wakeMillis = entry.wakeMillis
        continue
      }
      const { inputs, seen, seenMillis } = entry
      const here = { set: inputs.summary, version: this.digestion.version, seen, seenMillis }
      const [stage, action] = Turn.step(entry.stage, here, entry.policy, nowMillis)
      entry.stage = stage
      if (stage._tag === "Settled") this.#open.delete(entry)
      if (action._tag === "Emit")
        emissions.push({ key: entry.key, octets: this.#article(entry), isStandIn: entry.policy.place > 0 })
      if (action._tag === "Wake") {
        entry.wakeMillis = action.atMillis
        if (wakeMillis === undefined || action.atMillis < wakeMillis) wakeMillis = action.atMillis
      }
    }
    return { emissions, wakeMillis }
  }

  /** The emission for this key did not come through: it is due again. */
  retry(key: string, nowMillis: number): void {
    this.#gather(this.#entry(key), nowMillis)
  }

  #article({ key, inputs }: Entry): Uint8Array {
    const { removed, state, newestMillis } = inputs
    return DigestArticle.toArticle({ digestion: this.digestion, key, ...inputs.summary, state, newestMillis, removed })
  }

  #gather(entry: Entry, nowMillis: number): void {
    entry.stage = Turn.gathered(entry.stage, nowMillis)
    entry.wakeMillis = -Infinity
    this.#open.add(entry)
  }

  #count(entry: Entry): void {
    const { summary } = entry.inputs
    if (Turn.covers(entry.seen, this.digestion.version, summary)) entry.counted = summary.events
  }

  #entry(key: string): Entry {
    const known = this.#entries.get(key)
    if (known !== undefined) return known
    const { due, turnMillis, fold, target } = this.digestion
    const entry: Entry = {
      key,
      inputs: new InputSet.InputSet(fold),
      policy: { restMillis: 0, ...due, turnMillis, place: Homes.placeOf(this.#zone, target(key), this.#zones) },
      stage: Turn.Stage.Settled(),
      wakeMillis: -Infinity,
      seen: undefined,
      seenMillis: -Infinity,
      counted: 0
    }
    this.#entries.set(key, entry)
    return entry
  }
}
