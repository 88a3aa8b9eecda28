/**
 * Whether the far end of a feed still speaks: when it is silent, when it is given up, and when it is asked for a sign.
 *
 * Pure: a value that each thing said and heard turns into the next one.
 */

export interface Pulse {
  readonly heardMillis: number
  /** Since when an answer is due, or the last one came while another is due; undefined where none is due. */
  readonly owedMillis: number | undefined
  readonly isSilent: boolean
}

/** Milliseconds. */
export interface Limits {
  /** What an answer may take before the peer counts as silent. */
  readonly silentMillisMax: number
  /** What it may take before the connection is given up. */
  readonly silenceMillisMax: number
  /** How long nothing is said before the peer is asked for a sign; undefined where nobody needs one. */
  readonly beatMillis: number | undefined
}

/** What is due: to note the silence, to ask for a sign, to give up. */
export type Due = "silent" | "beat" | "lost"

/** A connection that has just opened. */
export const opened = (nowMillis: number): Pulse => ({ heardMillis: nowMillis, owedMillis: undefined, isSilent: false })

/** Something was said that has an answer. */
export const said = (pulse: Pulse, nowMillis: number): Pulse =>
  pulse.owedMillis === undefined ? { ...pulse, owedMillis: nowMillis } : pulse

/** An answer came; `isOwed` says whether another one is due. */
export const heard = (isOwed: boolean, nowMillis: number): Pulse => ({
  heardMillis: nowMillis,
  owedMillis: isOwed ? nowMillis : undefined,
  isSilent: false
})

/** No answer is due: what was to be said is no more. */
export const settled = (pulse: Pulse): Pulse =>
  pulse.owedMillis === undefined ? pulse : { ...pulse, owedMillis: undefined }

/** The silence was noted. */
export const noted = (pulse: Pulse): Pulse => ({ ...pulse, isSilent: true })

/** What is to be done next, and when; nothing where nobody waits for anything. */
export const next = (
  { heardMillis, isSilent, owedMillis }: Pulse,
  { beatMillis, silenceMillisMax, silentMillisMax }: Limits
): { readonly due: Due; readonly atMillis: number } | undefined => {
  if (owedMillis !== undefined) {
    return isSilent || silentMillisMax >= silenceMillisMax
      ? { due: "lost", atMillis: owedMillis + silenceMillisMax }
      : { due: "silent", atMillis: owedMillis + silentMillisMax }
  }
  return beatMillis === undefined ? undefined : { due: "beat", atMillis: heardMillis + beatMillis }
}
