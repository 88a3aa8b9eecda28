/**
 * Sums modulo 2^256 of SHA-256 hashes, fast enough to be taken over many thousands of them.
 *
 * Eight limbs of 32 bits, the lowest first. Limbs may leave their range between additions: `settle` brings them back.
 */

export type Sum256 = Float64Array

const limbs = 8
const limbSize = 2 ** 32

/** Octets of a hash, and of a settled sum. */
export const octetCount = 32

export const zero = (): Sum256 => new Float64Array(limbs)

/** Adds `times` a number that stands big-endian in 32 octets from `at`; read backwards, where `isReversed`. */
export const addOctets = (sum: Sum256, octets: Uint8Array, at: number, isReversed: boolean, times: 1 | -1): void => {
  for (let limb = 0; limb < limbs; limb++) {
    const first = isReversed ? at + 4 * limb + 3 : at + octetCount - 4 * limb - 4
    const step = isReversed ? -1 : 1
    const value =
      (((octets[first] as number) << 24) |
        ((octets[first + step] as number) << 16) |
        ((octets[first + 2 * step] as number) << 8) |
        (octets[first + 3 * step] as number)) >>>
      0
    sum[limb] = (sum[limb] as number) + times * value
  }
}

/** Adds `times` another sum. At most a million additions may come between two calls of `settle`. */
export const add = (sum: Sum256, other: Sum256, times: 1 | -1): void => {
  for (let limb = 0; limb < limbs; limb++) sum[limb] = (sum[limb] as number) + times * (other[limb] as number)
}

/** Brings every limb back into its range; what is beyond 2^256 falls away. */
export const settle = (sum: Sum256): Sum256 => {
  let carry = 0
  for (let limb = 0; limb < limbs; limb++) {
    const value = (sum[limb] as number) + carry
    carry = Math.floor(value / limbSize)
    sum[limb] = value - carry * limbSize
  }
  return sum
}

/** A settled sum, big-endian. */
export const toOctets = (sum: Sum256): Uint8Array => {
  const octets = new Uint8Array(octetCount)
  const view = new DataView(octets.buffer)
  for (let limb = 0; limb < limbs; limb++) view.setUint32(octetCount - 4 * limb - 4, sum[limb] as number)
  return octets
}
