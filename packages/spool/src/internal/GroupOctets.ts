/**
 * Names of groups as a record has them, behind their lengths: a look costs less than to write one.
 */
import type * as GroupName from "@lupin/core/GroupName"
import { Buffer } from "node:buffer"
import { putUint32 } from "./Octets.ts"

const namesKnown = new Map<GroupName.GroupName, Uint8Array>()
const namesKnownMax = 4_096

const lengthBytes = 4

/** The octets of a name, shared: nobody may write to them. */
export const of = (group: GroupName.GroupName): Uint8Array => {
  const known = namesKnown.get(group)
  if (known !== undefined) return known
  const octets = Buffer.alloc(lengthBytes + Buffer.byteLength(group))
  putUint32(octets, 0, octets.length - lengthBytes)
  octets.write(group, lengthBytes, "utf8")
  if (namesKnown.size >= namesKnownMax) namesKnown.clear()
  namesKnown.set(group, octets)
  return octets
}
