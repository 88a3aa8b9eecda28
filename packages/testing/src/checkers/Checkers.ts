/**
 * The checkers of all eleven promises.
 */
import type * as App from "@lupin/core/App"
import * as Agreement from "./Agreement.ts"
import * as AnyOctets from "./AnyOctets.ts"
import * as CacheTruth from "./CacheTruth.ts"
import type * as Checker from "./Checker.ts"
import * as DigestTruth from "./DigestTruth.ts"
import * as Erasure from "./Erasure.ts"
import * as Filing from "./Filing.ts"
import * as Forwarding from "./Forwarding.ts"
import * as Service from "./Service.ts"
import * as Survival from "./Survival.ts"

/** In the order of the promises. `apps` are those whose digests are counted again. */
export const all = (apps: ReadonlyArray<App.App>): ReadonlyArray<Checker.Checker> => [
  Survival.acknowledged,
  Filing.oneCopy,
  Filing.numbers,
  Filing.crossposts,
  Forwarding.once,
  DigestTruth.digests(apps),
  Agreement.agreement,
  Erasure.erasure,
  CacheTruth.cache,
  Service.service,
  Survival.durable,
  AnyOctets.anyOctets
]
