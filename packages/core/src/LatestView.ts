/**
 * The view on the octets that were looked into last: making one costs as much as a hundred looks through it, each of which
 * sees four octets.
 */
export class LatestView {
  #octets: Uint8Array = nothing
  #view: DataView = noView

  /** Keeps them in memory until others are looked into. */
  of(octets: Uint8Array): DataView {
    if (octets === this.#octets) return this.#view
    this.#octets = octets
    this.#view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
    return this.#view
  }

  /** Lets go of them; gives the view on nothing. */
  clear(): DataView {
    this.#octets = nothing
    this.#view = noView
    return noView
  }
}

const nothing = new Uint8Array(0)
const noView = new DataView(nothing.buffer)
