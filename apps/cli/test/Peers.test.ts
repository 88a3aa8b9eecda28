import { assert, describe, it } from "@effect/vitest"
import type * as PeersPage from "@lupin/site/PeersPage"
import * as Peers from "../src/Peers.ts"

const peer: PeersPage.Peer = {
  name: "cape",
  isConnected: false,
  window: 75,
  offered: 7,
  sent: 3,
  accepted: 3,
  notWanted: 2,
  refused: 1,
  deferred: 1,
  lagArticles: 4,
  lagSeconds: 2.5
}
const troubled = { ...peer, lastTrouble: "connection refused", lastTroubleMillis: Date.UTC(2026, 10, 21, 20, 48, 7, 9) }

describe("the table of feeds", () => {
  it("tells when the last trouble of a feed was, and whether it is over", () => {
    assert.strictEqual(Peers.row(peer).at(-1), "")
    assert.strictEqual(Peers.row(troubled).at(-1), "2026-11-21T20:48:07Z connection refused")
    assert.strictEqual(
      Peers.row({ ...troubled, isConnected: true }).at(-1),
      "2026-11-21T20:48:07Z over: connection refused"
    )
  })

  it("shows the trouble of a site that does not tell its time", () => {
    assert.strictEqual(Peers.row({ ...peer, lastTrouble: "no luck" }).at(-1), "no luck")
  })
})
