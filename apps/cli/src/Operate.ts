/**
 * What an operator does to a site by hand: `lupin reload`, `lupin erase` and `lupin accounts`.
 */
import * as MessageId from "@lupin/core/MessageId"
import * as ConfigFile from "@lupin/site/ConfigFile"
import * as Control from "@lupin/site/Control"
import * as Settings from "@lupin/site/Settings"
import * as SiteAccounts from "@lupin/site/SiteAccounts"
import * as SiteConfig from "@lupin/site/SiteConfig"
import { Console, Effect, Schema } from "effect"

/** The site, or its accounts, said no. */
export class NotDone extends Schema.TaggedError<NotDone>()("NotDone", { reason: Schema.String }) {
  override get message(): string {
    return this.reason
  }
}

/** Checks the configuration here first, so that what is wrong with it is told even where no site runs. */
export const reload = Effect.fn("Operate.reload")(function* (file: string) {
  const config = yield* ConfigFile.read(file, SiteConfig.any)
  yield* Settings.resolve(config)
  const { isDone, message } = yield* Control.ask(config.directory, "reload")
  if (!isDone) return yield* new NotDone({ reason: message })
  yield* Console.log(message)
})

/** Has the running site erase articles, one after another; its spool is its own as long as it runs. */
export const erase = Effect.fn("Operate.erase")(function* (file: string, ids: ReadonlyArray<string>) {
  const config = yield* ConfigFile.read(file, SiteConfig.any)
  const wrong = ids.find((id) => MessageId.parse(id) === undefined)
  if (wrong !== undefined) return yield* new NotDone({ reason: `${wrong} is no Message-ID; nothing is erased` })
  for (const id of ids) {
    const { isDone, message } = yield* Control.ask(config.directory, `erase ${id}`)
    if (!isDone) return yield* new NotDone({ reason: message })
    yield* Console.log(message)
  }
})

/** The password is the first line of standard input, so that it stands in no list of processes. */
export const addAccount = Effect.fn("Operate.addAccount")(function* (file: string, user: string) {
  const config = yield* ConfigFile.read(file, SiteConfig.any)
  const password = yield* firstLine
  yield* SiteAccounts.use(config, (accounts) => accounts.add(user, password))
  yield* Console.log(`${user} may log in`)
})

export const removeAccount = Effect.fn("Operate.removeAccount")(function* (file: string, user: string) {
  const config = yield* ConfigFile.read(file, SiteConfig.any)
  const wasThere = yield* SiteAccounts.use(config, (accounts) => accounts.remove(user))
  if (!wasThere) return yield* new NotDone({ reason: `there is no account ${user}` })
  yield* Console.log(`${user} may no longer log in`)
})

export const listAccounts = Effect.fn("Operate.listAccounts")(function* (file: string) {
  const config = yield* ConfigFile.read(file, SiteConfig.any)
  for (const user of yield* SiteAccounts.use(config, (accounts) => accounts.list)) yield* Console.log(user)
})

const firstLine: Effect.Effect<string, NotDone> = Effect.tryPromise({
  try: async () => {
    let text = ""
    if (process.stdin.isTTY) process.stderr.write("Password: ")
    for await (const chunk of process.stdin) {
      text += String(chunk)
      if (text.includes("\n")) break
    }
    return text.split(/\r?\n/)[0] ?? ""
  },
  catch: (cause) => new NotDone({ reason: String(cause) })
})
