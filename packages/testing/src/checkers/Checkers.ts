/**
 * The checkers of all eleven promises.
 */
import type * as App from "@lupin/core/App"
import * as Calendar from "@lupin/digest/Calendar"
import * as Agreement from "./Agreement.ts"
import * as AnyOctets from "./AnyOctets.ts"
import * as CacheTruth from "./CacheTruth.ts"
import type * as Checker from "./Checker.ts"
import * as DigestTruth from "./DigestTruth.ts"
import * as Erasure from "./Erasure.ts"
import * as Filing from "./Filing.ts"
import * as Forwarding from "./Forwarding.ts"
import * as Retention from "./Retention.ts"
import * as SealedDays from "./SealedDays.ts"
import * as Service from "./Service.ts"
import * as Survival from "./Survival.ts"

/** In the order of the promises. `apps` are those whose digests are counted again, with days of `calendar`. */
export const all = (
  apps: ReadonlyArray<App.App>,
  calendar: Calendar.Calendar = Calendar.production
): ReadonlyArray<Checker.Checker> => [
  Survival.acknowledged(calendar.keepMillis),
  Filing.oneCopy,
  Filing.numbers,
  Retention.waterMarks,
  Filing.crossposts,
  Forwarding.once,
  DigestTruth.digests(apps, calendar),
  Agreement.agreement,
  Retention.lawful(calendar.keepMillis),
  Erasure.erasure,
  CacheTruth.cache,
  Service.service,
  Survival.durable,
  SealedDays.sealed(apps, calendar),
  AnyOctets.anyOctets
]
