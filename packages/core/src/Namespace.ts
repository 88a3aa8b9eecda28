/**
 * Who may write to which groups: the roots divide the names between clients, zones and operators, without overlap.
 */
import * as GroupName from "./GroupName.ts"
import * as MessageId from "./MessageId.ts"

/** A client posts through a POP, a zone computes, an operator runs the network. */
export type Writer = "client" | "zone" | "operator"

const owners: Readonly<Record<GroupName.Root, Writer>> = {
  clientposts: "client",
  blobs: "client",
  digests: "zone",
  deadletter: "zone",
  control: "operator"
}

/** Whose groups these are; `foreign` for all that other networks bring along. */
const ownerOf = (group: GroupName.GroupName): Writer | "foreign" => {
  const root = GroupName.ownRoot(group)
  return root === undefined ? "foreign" : owners[root]
}

/** Says whether the group lies under one of our roots. */
export const isOurs = (group: GroupName.GroupName): boolean => GroupName.ownRoot(group) !== undefined

/** Foreign groups are open to everyone: what a site carries of them is a matter of its feeds. */
export const mayWrite = (writer: Writer, group: GroupName.GroupName): boolean => {
  const owner = ownerOf(group)
  return owner === "foreign" || owner === writer
}

/**
 * The first group in which an article of that id has no place. Ids of clients belong in groups of clients, ids of
 * digests in `digests`, and there nothing else.
 */
export const strayGroup = (
  id: MessageId.MessageId,
  groups: ReadonlyArray<GroupName.GroupName>
): GroupName.GroupName | undefined => {
  switch (MessageId.kindOf(id)) {
    case "client":
      return groups.find((group) => ownerOf(group) !== "client")
    case "digest":
      return groups.find((group) => GroupName.ownRoot(group) !== "digests")
    case "foreign":
      return groups.find((group) => GroupName.ownRoot(group) === "digests")
  }
}
