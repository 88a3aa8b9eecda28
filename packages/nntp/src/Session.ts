/**
 * The state of one client's session, as a pure and total machine: state and input give the next state and one task.
 *
 * A task is data: an answer that is known at once, or what to look up or store. What a task finds out may change the
 * state (`settle`). Whatever a client sends, each command gets exactly one answer, and commands stay apart from articles.
 */
import type { ArticleScan } from "@lupin/core/ArticleScan"
import type * as GroupName from "@lupin/core/GroupName"
import * as Limits from "@lupin/core/Limits"
import * as MessageId from "@lupin/core/MessageId"
import type * as Site from "@lupin/core/Site"
import type * as Wildmat from "@lupin/core/Wildmat"
import * as Capabilities from "./Capabilities.ts"
import * as Columns from "./Columns.ts"
import * as Command from "./Command.ts"
import type { TooLong } from "./Framing.ts"
import * as Reply from "./Reply.ts"
import * as Security from "./Security.ts"
import * as Since from "./Since.ts"
import type * as SiteLists from "./SiteLists.ts"
import type * as TextPattern from "./TextPattern.ts"

/** What the next octets are: a command line, a line of a SASL exchange, or the article or frame of a command; nothing after QUIT. */
export type Phase =
  | { readonly _tag: "Command" }
  | { readonly _tag: "Article"; readonly by: "TAKETHIS"; readonly id: string }
  | { readonly _tag: "Article"; readonly by: "IHAVE"; readonly id: MessageId.MessageId }
  | { readonly _tag: "Post" }
  | { readonly _tag: "Frame"; readonly of: Command.Comparison | undefined }
  | { readonly _tag: "Sasl" }
  | { readonly _tag: "Closed" }

export interface State {
  readonly phase: Phase
  readonly group: GroupName.GroupName | undefined
  /** Current article number; undefined where it is invalid (RFC 3977 §6). */
  readonly number: number | undefined
  /** Lines in a row that were no commands. */
  readonly faults: number
  readonly security: Security.State
}

/** What the machine must know and does not keep. */
export interface Facts {
  readonly nowMillis: number
  readonly mayPost: boolean
  /** Whether this site reconciles. */
  readonly mayReconcile: boolean
  readonly generation: Site.Generation
  readonly security: Security.Facts
}

export type Input =
  | { readonly _tag: "Line"; readonly line: string | TooLong }
  /** A line that is a command with an id. */
  | { readonly _tag: "Usual"; readonly command: Command.Command }
  /** `scan`: what a look at an article has found, if there was one. */
  | { readonly _tag: "Block"; readonly block: Uint8Array | TooLong; readonly scan?: ArticleScan | undefined }

/** Which articles of which group, as far as a command names them by number. */
export interface Span {
  readonly group: GroupName.GroupName
  readonly low: number
  readonly high: number
  /** Meant by the current article number, not by an argument: nothing found is 420, not 423. */
  readonly isCurrent: boolean
}

export type Task =
  | { readonly _tag: "Nothing" }
  | { readonly _tag: "Answer"; readonly line: string }
  | { readonly _tag: "Close"; readonly line: string }
  | { readonly _tag: "AnswerBlock"; readonly line: string; readonly lines: ReadonlyArray<string> }
  | {
      readonly _tag: "Select"
      readonly name: GroupName.GroupName
      readonly list: { readonly low: number; readonly high: number } | undefined
    }
  | {
      readonly _tag: "Neighbour"
      readonly group: GroupName.GroupName
      readonly number: number
      readonly direction: "next" | "last"
    }
  | { readonly _tag: "Article"; readonly part: Command.Part; readonly of: Span | MessageId.MessageId }
  | { readonly _tag: "Over"; readonly of: Span | MessageId.MessageId; readonly isOldForm: boolean }
  | {
      readonly _tag: "Hdr"
      readonly field: string
      readonly of: Span | MessageId.MessageId
      readonly isOldForm: boolean
      readonly pattern?: TextPattern.TextPattern
    }
  | { readonly _tag: "ListGroups"; readonly list: Command.GroupList; readonly wildmat: Wildmat.Wildmat }
  | { readonly _tag: "ListKept"; readonly list: SiteLists.Name; readonly wildmat: Wildmat.Wildmat }
  | { readonly _tag: "NewGroups"; readonly sinceMillis: number }
  | { readonly _tag: "NewNews"; readonly wildmat: Wildmat.Wildmat; readonly sinceMillis: number }
  | { readonly _tag: "Changes"; readonly command: Command.Command & { readonly _tag: "Changes" } }
  | { readonly _tag: "Status"; readonly ids: ReadonlyArray<MessageId.MessageId> }
  | { readonly _tag: "Reconcile"; readonly of: Command.Comparison; readonly frame: Uint8Array }
  | { readonly _tag: "Offer"; readonly by: "CHECK" | "IHAVE"; readonly id: MessageId.MessageId }
  | {
      readonly _tag: "Receive"
      readonly by: "TAKETHIS" | "IHAVE"
      readonly id: MessageId.MessageId
      readonly octets: Uint8Array
      readonly scan: ArticleScan | undefined
    }
  | { readonly _tag: "Post"; readonly octets: Uint8Array }
  | { readonly _tag: "Secure"; readonly act: Security.Act }

/** What a task found out that later commands depend on. */
export type Outcome =
  | { readonly _tag: "Selected"; readonly group: GroupName.GroupName; readonly number: number | undefined }
  | { readonly _tag: "Moved"; readonly number: number }
  | { readonly _tag: "ArticleComes"; readonly id: MessageId.MessageId }

export interface Step {
  readonly state: State
  readonly task: Task
}

/** Lines in a row that are no commands, after which the session is closed: that is no NNTP client. */
export const faultsMax = 64

export const initial: State = {
  phase: { _tag: "Command" },
  group: undefined,
  number: undefined,
  faults: 0,
  security: Security.initial(false)
}

/** Whether a client may post, now or once it has logged in. */
const canPost = (facts: Pick<Facts, "mayPost" | "security">): boolean =>
  facts.mayPost && facts.security.standing.post !== "never"

/** The first line a client gets. */
export const greeting = (facts: Pick<Facts, "mayPost" | "security">, site: string): string =>
  canPost(facts)
    ? Reply.line(200, `${site} Lupin ready, posting allowed`)
    : Reply.line(201, `${site} Lupin ready, no posting`)

export const step = (state: State, input: Input, facts: Facts): Step => {
  switch (state.phase._tag) {
    case "Closed":
      return { state, task: nothing }
    case "Command":
      if (input._tag === "Usual") return onCommand(state, input.command, facts)
      return input._tag === "Line" ? onLine(state, input.line, facts) : { state, task: nothing }
    case "Article":
      return input._tag === "Block"
        ? { state: toCommand(state), task: receive(state.phase, input, facts) }
        : { state, task: nothing }
    case "Post":
      return input._tag === "Block" ? { state: toCommand(state), task: posted(input.block) } : { state, task: nothing }
    case "Frame":
      return input._tag === "Block"
        ? { state: toCommand(state), task: compared(state.phase.of, input.block, facts) }
        : { state, task: nothing }
    case "Sasl":
      return input._tag === "Line"
        ? secured(state, Security.respond(state.security, typeof input.line === "string" ? input.line : undefined))
        : { state, task: nothing }
  }
}

export const settle = (state: State, outcome: Outcome): State => {
  switch (outcome._tag) {
    case "Selected":
      return { ...state, group: outcome.group, number: outcome.number }
    case "Moved":
      return { ...state, number: outcome.number }
    case "ArticleComes":
      return inPhase(state, { _tag: "Article", by: "IHAVE", id: outcome.id })
  }
}

/** The session once an act of security is done, with the reply. On TLS everything begins anew (RFC 4642 §2.2.2). */
export const settleAct = (state: State, outcome: Security.Outcome): Step => {
  const from = outcome._tag === "OnTls" ? initial : state
  return secured(from, Security.settle(state.security, outcome))
}

const secured = (state: State, { next, state: security }: Security.Step): Step => {
  if (next._tag !== "Reply")
    return { state: { ...state, phase: commandPhase, security }, task: { _tag: "Secure", act: next } }
  const phase: Phase =
    next.isEnd === true ? { _tag: "Closed" } : security.exchange === undefined ? commandPhase : { _tag: "Sasl" }
  const task: Task = { _tag: next.isEnd === true ? "Close" : "Answer", line: next.line }
  return { state: { ...state, phase, security }, task }
}

const nothing: Task = { _tag: "Nothing" }
const commandPhase: Phase = { _tag: "Command" }
/** Made for each command: fields are set one by one, which costs less than a copy. */
const inPhase = ({ faults, group, number, security }: State, phase: Phase): State => ({
  phase,
  group,
  number,
  faults,
  security
})
const toCommand = (state: State): State => inPhase(state, commandPhase)
const answer = (code: Reply.Code, detail?: string): Task => ({ _tag: "Answer", line: Reply.line(code, detail) })

const onLine = (state: State, line: string | TooLong, facts: Facts): Step =>
  onCommand(state, typeof line === "string" ? Command.parse(line) : parseTooLong(line), facts)

const onCommand = (state: State, command: Command.Command | Command.Fault, facts: Facts): Step => {
  if (command._tag === "Unknown" || command._tag === "BadSyntax") return onFault(state, command)
  const sane = state.faults === 0 ? state : { ...state, faults: 0 }
  const refused = refusalOf(command._tag, facts)
  switch (command._tag) {
    case "TakeThis":
      return { state: inPhase(sane, { _tag: "Article", by: "TAKETHIS", id: command.id }), task: nothing }
    case "Reconcile":
      return { state: { ...sane, phase: { _tag: "Frame", of: command.of } }, task: nothing }
    case "AuthUser":
    case "AuthPass":
    case "AuthSasl":
    case "StartTls":
    case "Compress":
      return secured(sane, Security.step(sane.security, command, facts.security))
    case "Post":
      if (!canPost(facts)) return { state: sane, task: answer(440) }
      return refused === undefined
        ? { state: { ...sane, phase: { _tag: "Post" } }, task: answer(340) }
        : { state: sane, task: answer(refused) }
    case "Quit":
      return { state: { ...sane, phase: { _tag: "Closed" } }, task: { _tag: "Close", line: Reply.line(205) } }
    default:
      return { state: sane, task: refused === undefined ? taskOf(sane, command, facts) : answer(refused) }
  }
}

const onFault = (state: State, fault: Command.Fault): Step => {
  if (state.faults >= faultsMax) {
    return {
      state: { ...state, phase: { _tag: "Closed" } },
      task: { _tag: "Close", line: Reply.line(400, "This is NNTP") }
    }
  }
  const task = fault._tag === "Unknown" ? answer(500) : answer(501, `Syntax: ${fault.syntax}`)
  return { state: { ...state, faults: state.faults + 1 }, task }
}

/** An article follows an overlong TAKETHIS as it follows any other, though its id cannot be right; so does a frame. */
const parseTooLong = (line: TooLong): Command.Command | Command.Fault => {
  const command = Command.parse(line.start)
  if (command._tag === "Reconcile") return { _tag: "Reconcile", of: undefined }
  return command._tag === "TakeThis" ? command : { _tag: "BadSyntax", syntax: "at most 512 octets a line" }
}

/** The code of a reply where the rules do not grant what the command needs. */
const refusalOf = (tag: Command.Command["_tag"], { security }: Facts): Reply.Code | undefined => {
  const right = Security.rightOf(tag)
  return right === undefined ? undefined : Security.refusal(security.standing[right])
}

type Simple = Exclude<
  Command.Command,
  Security.SecurityCommand | { readonly _tag: "TakeThis" | "Reconcile" | "Post" | "Quit" }
>

const taskOf = (state: State, command: Simple, facts: Facts): Task => {
  switch (command._tag) {
    case "Capabilities":
      return {
        _tag: "AnswerBlock",
        line: Reply.line(101),
        lines: Capabilities.lines(offers(state, facts), facts.generation)
      }
    case "Help":
      return { _tag: "AnswerBlock", line: Reply.line(100), lines: Capabilities.help }
    case "Date":
      return answer(111, Since.format(facts.nowMillis))
    case "ModeReader":
      return answer(canPost(facts) ? 200 : 201)
    case "ModeStream":
      return answer(203)
    case "Group":
      return command.name === undefined ? answer(411) : { _tag: "Select", name: command.name, list: undefined }
    case "ListGroup":
      return listGroup(state, command)
    case "Neighbour":
      if (state.group === undefined) return answer(412)
      if (state.number === undefined) return answer(420)
      return { _tag: "Neighbour", group: state.group, number: state.number, direction: command.direction }
    case "Article":
      return about(state, command.which, (of) => ({ _tag: "Article", part: command.part, of }))
    case "Over":
      return about(state, command.which, (of) => ({ _tag: "Over", of, isOldForm: command.isOldForm }))
    case "Hdr":
      return about(state, command.which, (of) => ({
        _tag: "Hdr",
        field: command.field,
        of,
        isOldForm: command.isOldForm,
        ...(command.pattern === undefined ? {} : { pattern: command.pattern })
      }))
    case "ListGroups":
      return { _tag: "ListGroups", list: command.list, wildmat: command.wildmat }
    case "ListKept":
      return { _tag: "ListKept", list: command.list, wildmat: command.wildmat }
    case "ListOverviewFormat":
      return { _tag: "AnswerBlock", line: Reply.line(215, "Order of fields in overview"), lines: Columns.format }
    case "ListHeaders":
      return {
        _tag: "AnswerBlock",
        line: Reply.line(215, "Headers and metadata items"),
        lines: [":", ":bytes", ":lines"]
      }
    case "NewGroups":
      return { _tag: "NewGroups", sinceMillis: Since.millis(command.since, facts.nowMillis) }
    case "NewNews":
      return { _tag: "NewNews", wildmat: command.wildmat, sinceMillis: Since.millis(command.since, facts.nowMillis) }
    case "Check":
      return offer(command.id, "CHECK")
    case "Ihave":
      return offer(command.id, "IHAVE")
    case "Changes":
      return { _tag: "Changes", command }
    case "Status":
      return { _tag: "Status", ids: command.ids }
  }
}

const offers =
  (state: State, facts: Facts): Capabilities.Offer =>
  (label) =>
    (label === "POST" && !facts.mayPost) || (label === "XRECONCILE" && !facts.mayReconcile)
      ? "none"
      : Security.offer(state.security, facts.security, label)

const listGroup = (state: State, command: Command.Command & { readonly _tag: "ListGroup" }): Task => {
  const isSelected = !("name" in command)
  const name = isSelected ? state.group : command.name
  if (name === undefined) return answer(isSelected ? 412 : 411)
  return { _tag: "Select", name, list: { low: command.low, high: command.high } }
}

const about = (state: State, which: Command.Which, task: (of: Span | MessageId.MessageId) => Task): Task => {
  if (which._tag === "Id") {
    const id = MessageId.parse(which.id)
    return id === undefined ? answer(430) : task(id)
  }
  const { group, number } = state
  if (group === undefined) return answer(412)
  if (which._tag === "Numbers") return task({ group, low: which.low, high: which.high, isCurrent: false })
  return number === undefined ? answer(420) : task({ group, low: number, high: number, isCurrent: true })
}

/** An id that is none is refused for good, so that the peer does not offer it again. */
const offer = (text: string, by: "CHECK" | "IHAVE"): Task => {
  const id = MessageId.parse(text)
  if (id !== undefined) return { _tag: "Offer", by, id }
  return by === "CHECK" ? answer(438, text) : answer(435, "Bad Message-ID")
}

/** Whether the next line may be a CHECK that is answered and changes nothing. */
export const mayOffer = (state: State, facts: Facts): boolean =>
  state.phase._tag === "Command" && state.faults === 0 && refusalOf("Check", facts) === undefined

/** Whether an article that comes in this phase may be taken at all. */
export const mayReceive = (phase: Phase, facts: Facts): boolean =>
  phase._tag !== "Article" || refusalOf("TakeThis", facts) === undefined

const receive = (
  phase: Phase & { readonly _tag: "Article" },
  { block, scan }: Input & { readonly _tag: "Block" },
  facts: Facts
): Task => {
  const missing = refusalOf("TakeThis", facts)
  if (missing !== undefined) return answer(missing)
  const refused = (reason: string): Task =>
    phase.by === "TAKETHIS" ? answer(439, `${phase.id} ${reason}`) : answer(437, reason)
  const id = phase.by === "IHAVE" ? phase.id : MessageId.parse(phase.id)
  if (id === undefined) return refused("Bad Message-ID")
  return { _tag: "Receive", by: phase.by, id, octets: block instanceof Uint8Array ? block : tooLarge, scan }
}

/** Stands for every article of which nothing was kept since it is too large: the relayer refuses it, and remembers that. */
const tooLarge = new Uint8Array(Limits.articleBytesMax + 1)

const posted = (block: Uint8Array | TooLong): Task =>
  block instanceof Uint8Array ? { _tag: "Post", octets: block } : answer(441, "Article too large")

/** A frame is octets, and a CRLF behind them. */
const compared = (of: Command.Comparison | undefined, block: Uint8Array | TooLong, facts: Facts): Task => {
  const missing = refusalOf("Reconcile", facts)
  if (missing !== undefined) return answer(missing)
  if (!facts.mayReconcile) return answer(503)
  if (of === undefined) return answer(501, "Syntax: XRECONCILE wildmat from until")
  if (!(block instanceof Uint8Array)) return answer(501, "Frame too large")
  return { _tag: "Reconcile", of, frame: block.subarray(0, -2) }
}
