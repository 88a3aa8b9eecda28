/**
 * Where the storage classes of a spool lie, those of earlier configurations too: a file in the spool's directory says so.
 *
 * A class whose files are gone is refused. Its disk may only not be mounted: begun anew, the class would grow on the disk
 * below the mount, and all that it has would be fetched again.
 */
import { Buffer } from "node:buffer"
import * as path from "node:path"
import type { Disk } from "../Disk.ts"
import type { StorageClass } from "../StorageClass.ts"
import * as LogFiles from "./LogFiles.ts"

/** A spool's directory. */
export interface Home {
  readonly directory: string
  readonly disk: Pick<Disk, "load" | "names" | "replace">
}

/** The directory of each class by its name. */
export type Places = ReadonlyMap<string, string>

/** Those of classes that are given, and of all that the spool has had. Throws where files of one are missing. */
export const find = (home: Home, classes: ReadonlyArray<StorageClass>): Places => {
  const known = had(home)
  const places = new Map(known)
  for (const { directory, name } of classes) places.set(name, directory ?? within(home, name))
  for (const [name, where] of places) {
    const before = known.get(name)
    if (before !== undefined && !isBegun(home, where)) throw new Error(missing(home, name, where, before))
  }
  return places
}

/** Has them found again, once their first files are there. */
export const remember = (home: Home, places: Places): void => {
  const next = JSON.stringify([...places].map(([name, where]) => [name, where === within(home, name) ? "" : where]))
  if (places.size > 0 && next !== text(home)) home.disk.replace(file(home), Buffer.from(next))
}

/** All that the spool has had. */
export const had = (home: Home): Places => {
  const below = home.disk.names(path.join(home.directory, "classes"))
  const places = new Map<string, string>()
  for (const name of below) if (isBegun(home, within(home, name))) places.set(name, within(home, name))
  const known = text(home)
  // Written here.
  const remembered: ReadonlyArray<readonly [name: string, where: string]> = known === "" ? [] : JSON.parse(known)
  for (const [name, where] of remembered) places.set(name, where === "" ? within(home, name) : where)
  return places
}

/** Whether files of a class are in a directory, which is made if it is not there. */
export const isBegun = ({ disk }: Home, where: string): boolean => {
  const { packs, segments } = LogFiles.sort(disk.names(where))
  return segments.length + packs.length > 0
}

const missing = ({ directory }: Home, name: string, where: string, before: string): string =>
  `the files of the storage class ${name} are not in ${where}: ` +
  (where === before ? "is its disk mounted?" : `move them there from ${before}.`) +
  ` Where they are lost, lupin spool begin-class --dir ${directory} ${name} ${where} begins it anew`

const within = ({ directory }: Home, name: string): string => path.join(directory, "classes", name)

const file = ({ directory }: Home): string => path.join(directory, "classes.json")

const text = (home: Home): string => Buffer.from(home.disk.load(file(home)) ?? []).toString("utf8")
