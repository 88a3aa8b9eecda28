/**
 * Whether callers come alone or several in one turn of the loop, as the turns of late have it.
 *
 * Who is alone need not wait for the end of a turn. To see whether others have come by then costs a step of the loop, so that
 * of many turns with one caller only some are looked at.
 */

/** Turns with one caller, one after another, after which callers count as alone; then as many pass between two that are looked at. */
export const turnsAloneMax = 16

export class Company {
  #callers = 0
  #turnsAlone = 0
  #passed = 0

  /** Somebody comes. */
  come(): void {
    this.#callers += 1
  }

  /** Whether others may be expected in the same turn. */
  get isExpected(): boolean {
    return this.#turnsAlone < turnsAloneMax
  }

  /** Says whether `turn` is to be called at the end of this turn; if not, whoever came in it is not counted. */
  look(): boolean {
    if (this.isExpected || this.#passed === turnsAloneMax) return true
    this.#passed += 1
    this.#callers = 0
    return false
  }

  /** A turn ends; says whether anybody came in it. One in which nobody came tells nothing of company. */
  turn(): boolean {
    const callers = this.#callers
    if (callers > 0) this.#turnsAlone = callers > 1 ? 0 : this.#turnsAlone + 1
    this.#callers = 0
    this.#passed = 0
    return callers > 0
  }
}
