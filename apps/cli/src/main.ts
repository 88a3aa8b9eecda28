/**
 * The `lupin` command.
 *
 * Each subcommand loads its own code when it runs, so that a central host never loads a database.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Layer, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as Complaint from "./Complaint.ts"

/** The code of each subcommand, loaded when it is wanted. */
const load = {
  dev: Effect.promise(() => import("./Dev.ts")),
  pop: Effect.promise(() => import("@lupin/pop/main")),
  central: Effect.promise(() => import("@lupin/central/main")),
  cacheTemplate: Effect.promise(() => import("@lupin/pop/CacheTemplate")),
  wire: Effect.promise(() => import("./Wire.ts")),
  peers: Effect.promise(() => import("./Peers.ts")),
  spoolTools: Effect.promise(() => import("@lupin/site/SpoolTools")),
  operate: Effect.promise(() => import("./Operate.ts"))
}

const directory = Flag.String("dir").pipe(
  Flag.withDescription("Where the fleet keeps its data (.lupin)"),
  Flag.withDefault(".lupin")
)
const config = Flag.String("config").pipe(Flag.withDescription("The site's configuration, a JSON file"))

const order = (verb: "stop" | "start" | "kill" | "wipe", description: string) =>
  Command.make(verb, { site: Argument.String("site"), directory }, ({ site, directory }) =>
    Effect.flatMap(load.dev, (Dev) => Dev.order(verb, site, directory))
  ).pipe(Command.withDescription(description))

const dev = Command.make(
  "dev",
  {
    isFresh: Flag.Boolean("fresh").pipe(
      Flag.withDescription("Forget an earlier fleet's data"),
      Flag.withDefault(false)
    ),
    app: Flag.String("app").pipe(Flag.withDescription("An app module instead of the example"), Flag.optional),
    directory
  },
  ({ isFresh, app, directory }) =>
    Effect.flatMap(load.dev, (Dev) => Dev.run({ isFresh, directory, apps: Option.toArray(app) }))
).pipe(
  Command.withDescription("Bring up a fleet on this machine: three zones, three POP hosts"),
  Command.withSubcommands([
    order("stop", "Stop a site as an operator would"),
    order("start", "Start a stopped site"),
    order("kill", "End a site as a power cut would"),
    order("wipe", "Kill a site, forget its data, start it empty")
  ])
)

const reload = Command.make("reload", { config }, ({ config }) =>
  Effect.flatMap(load.operate, (Operate) => Operate.reload(config))
).pipe(Command.withDescription("Have a running site take its changed configuration: rules, peers, certificate, groups"))

const user = Argument.String("user")
const accounts = Command.make("accounts").pipe(
  Command.withDescription("Who may log in at a site"),
  Command.withSubcommands([
    Command.make("add", { config, user }, ({ config, user }) =>
      Effect.flatMap(load.operate, (Operate) => Operate.addAccount(config, user))
    ).pipe(Command.withDescription("Add an account, or change its password, which is read from standard input")),
    Command.make("remove", { config, user }, ({ config, user }) =>
      Effect.flatMap(load.operate, (Operate) => Operate.removeAccount(config, user))
    ).pipe(Command.withDescription("Remove an account")),
    Command.make("list", { config }, ({ config }) =>
      Effect.flatMap(load.operate, (Operate) => Operate.listAccounts(config))
    ).pipe(Command.withDescription("List the accounts"))
  ])
)

const pop = Command.make("pop", { config }, ({ config }) => Effect.flatMap(load.pop, (Pop) => Pop.run(config))).pipe(
  Command.withDescription("Run a POP host")
)

const central = Command.make("central", { config }, ({ config }) =>
  Effect.flatMap(load.central, (Central) => Central.run(config))
).pipe(Command.withDescription("Run a host of a central zone"))

const prepareCache = Command.make("prepare-cache", { directory: Argument.String("directory") }, ({ directory }) =>
  Effect.flatMap(load.cacheTemplate, (CacheTemplate) => CacheTemplate.prepare(directory))
).pipe(Command.withDescription("Make an initialised cache database for POP hosts to copy"))

const url = Flag.String("pop").pipe(
  Flag.withDescription("JSON address of a POP (http://127.0.0.1:18083)"),
  Flag.withDefault("http://127.0.0.1:18083")
)

const appName = Argument.String("app").pipe(Argument.withDescription("The name of an app, as trailblaze"))

const post = Command.make(
  "post",
  {
    url,
    at: Flag.String("at").pipe(
      Flag.withDescription("Where it happened: lat,lon in degrees, as 47.43,-121.41"),
      Flag.optional
    ),
    id: Flag.String("id").pipe(Flag.withDescription("UUIDv7 of the event, to repeat a post"), Flag.optional),
    app: appName,
    kind: Argument.String("kind").pipe(Argument.withDescription("What sort of event it is, as review")),
    payload: Argument.String("payload").pipe(Argument.withDescription("JSON, by the schema of the kind"))
  },
  (options) => Effect.flatMap(load.wire, (Wire) => Wire.post(options))
).pipe(Command.withDescription("Post one event"))

const read = Command.make(
  "read",
  {
    url,
    kind: Flag.String("kind").pipe(Flag.withDescription("A kind of event; all without it"), Flag.optional),
    near: Flag.String("near").pipe(Flag.withDescription("Around a place: lat,lon in degrees"), Flag.optional),
    radius: Flag.String("radius").pipe(Flag.withDescription("Around --near, as 800m (25km)"), Flag.withDefault("25km")),
    group: Flag.String("group").pipe(Flag.withDescription("A group, with all below it"), Flag.optional),
    limit: Flag.Int("limit").pipe(Flag.withDescription("Events at most, up to 500 (20)"), Flag.withDefault(20)),
    app: appName
  },
  (options) => Effect.flatMap(load.wire, (Wire) => Wire.read(options))
).pipe(Command.withDescription("Read events of an app, newest first"))

const peers = Command.make(
  "peers",
  {
    meta: Flag.String("meta").pipe(
      Flag.withDescription("Meta address of a site (http://127.0.0.1:19100)"),
      Flag.withDefault("http://127.0.0.1:19100")
    ),
    isJson: Flag.Boolean("json").pipe(Flag.withDescription("As JSON"), Flag.withDefault(false)),
    isCompared: Flag.Boolean("compare").pipe(
      Flag.withDescription("Ask each peer of ours whether its history is the same, and what differs"),
      Flag.withDefault(false)
    )
  },
  ({ isCompared, ...options }) =>
    Effect.flatMap(load.peers, (Peers) => (isCompared ? Peers.compare(options) : Peers.show(options)))
).pipe(Command.withDescription("Show how the feeds of a site to its peers go, or how their histories differ"))

const spoolDirectory = Flag.String("dir").pipe(
  Flag.withDescription("The spool's directory; no process may have it open")
)

/** A verb on a spool that nobody serves from. */
const spoolVerb = (verb: "verify" | "rebuild" | "stats", description: string) =>
  Command.make(verb, { directory: spoolDirectory }, ({ directory }) =>
    Effect.flatMap(load.spoolTools, (SpoolTools) => SpoolTools[verb](directory))
  ).pipe(Command.withDescription(description))

const ids = Argument.String("id").pipe(
  Argument.withDescription("Message-ID, with its angle brackets"),
  Argument.variadic({ min: 1 })
)

const erase = Command.make("erase", { config, ids }, ({ config, ids }) =>
  Effect.flatMap(load.operate, (Operate) => Operate.erase(config, ids))
).pipe(Command.withDescription("Have a running site erase articles for good; our other sites follow within hours"))

const spool = Command.make("spool").pipe(
  Command.withDescription("Look at a spool, repair it, move articles in and out"),
  Command.withSubcommands([
    spoolVerb("verify", "Read everything, compare it with the index, and list what is damaged"),
    spoolVerb("rebuild", "Make the index anew from the log"),
    spoolVerb("stats", "Say what a spool holds"),
    Command.make(
      "begin-class",
      {
        directory: spoolDirectory,
        name: Argument.String("class").pipe(Argument.withDescription("The storage class")),
        where: Argument.String("directory").pipe(
          Argument.withDescription("Where it lies from now on, if not where it did"),
          Argument.optional
        )
      },
      ({ directory, name, where }) =>
        Effect.flatMap(load.spoolTools, (SpoolTools) =>
          SpoolTools.beginClass(directory, name, Option.getOrUndefined(where))
        )
    ).pipe(Command.withDescription("Begin a storage class anew whose disk is lost")),
    Command.make("erase", { directory: spoolDirectory, ids }, ({ directory, ids }) =>
      Effect.flatMap(load.spoolTools, (SpoolTools) => SpoolTools.erase(directory, ids))
    ).pipe(Command.withDescription("Overwrite articles on the disk, so that nothing but a hash of each id is left")),
    Command.make(
      "export",
      { directory: spoolDirectory, file: Argument.String("file").pipe(Argument.withDescription("An rnews batch")) },
      (options) => Effect.flatMap(load.spoolTools, (SpoolTools) => SpoolTools.exportTo(options))
    ).pipe(Command.withDescription("Write every article into an rnews batch")),
    Command.make(
      "import",
      {
        config: Flag.String("config").pipe(
          Flag.withDescription("Configuration of the site whose spool it is, with its storage classes"),
          Flag.optional
        ),
        directory: spoolDirectory.pipe(Flag.optional),
        path: Flag.String("path").pipe(
          Flag.withDescription("With --dir: the site's name in the Path of what is taken"),
          Flag.optional
        ),
        from: Argument.String("from").pipe(
          Argument.withDescription("An rnews batch, a mailbox, or the directory of a traditional spool")
        )
      },
      ({ from, ...named }) =>
        Effect.flatMap(load.spoolTools, (SpoolTools) =>
          Effect.flatMap(SpoolTools.destination(named), (to) => SpoolTools.importFrom(to, from))
        )
    ).pipe(Command.withDescription("Take articles in, whatever their age"))
  ])
)

Command.make("lupin").pipe(
  Command.withDescription("Usenet for apps"),
  Command.withSubcommands([dev, pop, central, peers, post, read, spool, prepareCache, reload, erase, accounts]),
  Command.run({ version: "0.1.0" }),
  Effect.provide(Layer.mergeAll(NodeServices.layer, Complaint.presenter)),
  Effect.catchCause(Complaint.report),
  NodeRuntime.runMain({ teardown: Complaint.teardown() })
)
