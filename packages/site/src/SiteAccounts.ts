/**
 * The accounts of a site, for who operates it: the same file that the site reads.
 */
import { Accounts } from "@lupin/nntp/Accounts"
import * as FileAccounts from "@lupin/nntp/FileAccounts"
import { Effect } from "effect"
import * as Settings from "./Settings.ts"
import type * as SiteConfig from "./SiteConfig.ts"

/** Runs with the accounts of the site; a running site sees every change at once. */
export const use = <A, E, R>(
  config: SiteConfig.SiteConfig,
  task: (accounts: Accounts["Service"]) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.provide(
    Effect.flatMap(Accounts, (accounts) => task(accounts)),
    FileAccounts.layer(Settings.accountsFile(config))
  )
